using System.Security.Claims;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Jwt;

namespace AkkaSse.Server.Tests.Security;

/// <summary>No value of a claim makes a pattern cover more than its template shows.</summary>
public sealed class GrantTemplateTests
{
    [Theory]
    [InlineData("subscribe:user/{sub}/*", "ann", "subscribe:user/ann/*")]
    [InlineData("publish:user/{sub}", "auth0|65f", "publish:user/auth0|65f")]
    [InlineData("publish:{tenant}.{sub}", "ann@example", "publish:acme.ann@example")]
    [InlineData("client:{sub}", "ann", "client:ann")]
    [InlineData("broadcast", "ann", "broadcast")]
    [InlineData("publish:orders*", "ann", "publish:orders*")]
    [InlineData("publish:{missing}/*", "ann", null)]
    // With the issuer's prefix, whatever a claim of this name says.
    [InlineData("subscribe:user/{subject}/*", "ann", "subscribe:user/k:ann/*")]
    public void Claims_stand_in_patterns(string text, string subject, string? expected)
    {
        var grants = Expand(text, out var fault, new Claim("sub", subject), new Claim("tenant", "acme"), new Claim("subject", "bob"));

        fault.ShouldBeNull();
        grants.Select(static g => g.ToString()).ShouldBe(expected is null ? [] : [expected]);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("a*")]
    [InlineData("ann/private")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\u0000b")]
    [InlineData("a\nb")]
    [InlineData("{tenant}")]
    [InlineData("\ud800")]
    public void Value_that_could_widen_a_pattern_is_refused_and_not_repeated(string value)
    {
        foreach (var text in (string[])["subscribe:user/{sub}/*", "subscribe:user/{sub}", "subscribe:{sub}"])
        {
            Expand(text, out var fault, new Claim("sub", value)).ShouldBeEmpty();
            fault.ShouldNotBeNull();
            fault.ShouldStartWith("The claim 'sub' cannot stand in");
            if (value.Length > 2) fault.ShouldNotContain(value);
        }
        Expand("subscribe:user/{sub}/*", out var tooLong, new Claim("sub", new string('a', 257))).ShouldBeEmpty();
        tooLong.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("publish:{tenant}.{sub}/*", "a.b", "sub", "ann")]
    [InlineData("publish:room-{tenant}-in", "a-in-b", "sub", "ann")]
    public void Value_with_the_separator_behind_it_is_refused(string text, string tenant, string other, string value) =>
        Expand(text, out _, new Claim("tenant", tenant), new Claim(other, value)).ShouldBeEmpty();

    [Theory]
    [InlineData("publish:user-{sub}*")]
    [InlineData("publish:{a}{b}")]
    [InlineData("publish:{sub}x")]
    [InlineData("publish:{}")]
    [InlineData("publish:{sub")]
    [InlineData("publish:sub}")]
    [InlineData("publish:{a{b}}")]
    [InlineData("{verb}:orders")]
    [InlineData("publish:*{sub}")]
    [InlineData("publish:{sub}/*/x")]
    [InlineData("fly:{sub}")]
    [InlineData("publish:")]
    public void Template_that_a_value_could_widen_is_refused(string text) => GrantTemplate.TryParse(text, out _).ShouldBeNull();

    [Fact]
    public void Each_value_of_a_claim_makes_a_grant_up_to_a_bound()
    {
        Expand("subscribe:group/{groups}/*", out _, new Claim("groups", "a"), new Claim("groups", "b"))
            .Select(static g => g.ToString()).ShouldBe(["subscribe:group/a/*", "subscribe:group/b/*"]);

        var many = Enumerable.Range(0, GrantTemplate.MaxGrants + 1).Select(static i => new Claim("groups", "g" + i)).ToArray();
        Expand("subscribe:group/{groups}/*", out var fault, many).ShouldBeEmpty();
        fault.ShouldNotBeNull();
        Expand("subscribe:{groups}.{groups}", out fault, many[..17]).ShouldBeEmpty();
        fault.ShouldNotBeNull();
    }

    [Fact]
    public void Value_makes_no_name_that_another_template_of_the_issuer_gives_to_somebody_else()
    {
        var faults = new List<string>();
        var grants = JwtGrants.Create(
            new JwtSettings { Grants = ["publish:user-{sub}-in", "publish:user-{sub}"] }, "Auth:Jwt:0", faults);
        faults.ShouldBeEmpty();

        // "user-bob-in" is bob's.
        grants.Of(Claims(new Claim("sub", "bob-in")), "bob-in", out var fault).ShouldBeNull();
        fault.ShouldContain("'sub'");
        grants.Of(Claims(new Claim("sub", "bob")), "bob", out _)!.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("ann/private")]
    [InlineData("a b")]
    public void Subject_in_a_pattern_is_checked_like_a_claim(string sub)
    {
        var grants = Grants("k:", ["subscribe:user/{subject}/*"], out _);

        grants.Of(Claims(new Claim("sub", sub)), "k:" + sub, out var fault).ShouldBeNull();
        fault.ShouldStartWith("The claim 'sub' cannot stand in 'subscribe:user/{subject}/*'");
    }

    [Theory]
    [InlineData("k/", "subscribe:user/{subject}/*", true)]
    [InlineData("k:", "subscribe:{subject}:inbox", true)]
    [InlineData("k:", "subscribe:user/{subject}/*", false)]
    [InlineData("k/", "subscribe:user/{sub}/*", false)]
    public void Prefix_with_which_no_subject_can_stand_in_a_pattern_is_a_fault(string prefix, string pattern, bool isFault)
    {
        Grants(prefix, [pattern], out var faults);

        faults.Select(static f => f[..f.IndexOf(' ', StringComparison.Ordinal)]).ShouldBe(isFault ? ["Auth:Jwt:0:SubjectPrefix"] : []);
    }

    [Theory]
    [InlineData("subscribe:user/{sub}/*", "subscribe:user/{sub}/*", true)]
    // The sub of one issuer may be the subject of the other.
    [InlineData("subscribe:user/{sub}/*", "subscribe:user/{subject}/*", true)]
    [InlineData("subscribe:user/{sub}/*", "all:user/{email}/*", true)]
    [InlineData("subscribe:user/{subject}/*", "subscribe:user/{subject}/*", false)]
    [InlineData("subscribe:{tenant}/{subject}", "subscribe:{tenant}/{subject}", false)]
    [InlineData("subscribe:user/{sub}/*", "publish:user/{sub}/*", false)]
    [InlineData("subscribe:user/{sub}/*", "subscribe:people/{sub}/*", false)]
    [InlineData("subscribe:news", "subscribe:news", false)]
    public void Equal_patterns_of_two_issuers_are_found(string one, string other, bool isFound)
    {
        var first = Grants("k:", [one], out _);
        var second = Grants("a:", ["publish:other", other], out _);

        first.Common(second).ShouldBe(isFound ? [one] : []);
        second.Common(first).ShouldBe(isFound ? [other] : []);
    }

    [Fact]
    public void Own_claim_and_scopes_grant_what_they_say()
    {
        var faults = new List<string>();
        var grants = JwtGrants.Create(new JwtSettings
        {
            Scopes = [new ScopeSettings { Scope = "orders.read", Grants = ["subscribe:orders/{sub}/*"] }],
        }, "Auth:Jwt:0", faults);
        faults.ShouldBeEmpty();

        grants.Of(Claims(new Claim("sub", "ann"), new Claim("scope", "openid orders.read"), new Claim("akkasse", "publish:a"),
            new Claim("akkasse", "publish:b*")), "ann", out _)!.Select(static g => g.ToString())
            .ShouldBe(["publish:a", "publish:b*", "subscribe:orders/ann/*"]);
        grants.Of(Claims(new Claim("sub", "ann"), new Claim("scope", "openid orders.readwrite")), "ann", out _)!.ShouldBeEmpty();
        grants.Of(Claims(new Claim("akkasse", "fly:a")), "ann", out var fault).ShouldBeNull();
        fault.ShouldContain("'akkasse'");
    }

    private static ClaimsPrincipal Claims(params Claim[] claims) => new(new ClaimsIdentity(claims, "test"));

    private static JwtGrants Grants(string prefix, List<string> patterns, out List<string> faults)
    {
        faults = [];
        return JwtGrants.Create(new JwtSettings { SubjectPrefix = prefix, Grants = patterns }, "Auth:Jwt:0", faults);
    }

    private static List<Grant> Expand(string text, out string? fault, params Claim[] claims)
    {
        var template = GrantTemplate.TryParse(text, out var wrong);
        template.ShouldNotBeNull(wrong);
        var grants = new List<Grant>();
        fault = template.Expand(Claims(claims), "k:ann", string.Concat(template.Delimiters), grants);
        return grants;
    }
}
