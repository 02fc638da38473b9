using System.Security.Cryptography;
using System.Text;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Tests.Security;

/// <summary>What is told of tokens that cannot be read, of issuers that share a pattern, and of keys that cannot be fetched.</summary>
[Trait("speed", "slow")]
public sealed class JwtIssuerTests
{
    private const string Key = "a-key-that-issuer-and-server-share";

    [Theory]
    [InlineData("""{"alg":"none"}""", """ "exp":4102444800 """, "claim 'alg'")]
    [InlineData("""{"typ":"JWT"}""", """ "exp":4102444800 """, "claim 'alg'")]
    [InlineData(null, """ "exp":null """, "claim 'exp'")]
    [InlineData(null, """ "exp":"tomorrow" """, "claim 'exp'")]
    [InlineData(null, """ "exp":1e300 """, "claim 'exp'")]
    [InlineData(null, """ "exp":4102444800,"nbf":null """, "claim 'nbf'")]
    [InlineData(null, """ "exp":4102444800,"nbf":4102444900 """, "claims 'nbf' and 'exp'")]
    [InlineData(null, """ "exp":4102444800,"iss":null """, "claim 'iss'")]
    [InlineData(null, """ "exp":4102444800,"iss":5 """, "claim 'iss'")]
    public async Task Token_that_cannot_be_accepted_is_refused_with_the_claim(string? head, string claims, string reason)
    {
        using var file = new ConfigFile(new { Auth = new { Jwt = new[] { new { Issuer = "shop", Audience = "hub", Key } } } });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        var issuer = claims.Contains("\"iss\"", StringComparison.Ordinal) ? "" : "\"iss\":\"shop\",";

        var refused = await ShowAsync(server, Signed(head, $$"""{"sub":"ann","aud":"hub",{{issuer}}{{claims}}}"""));

        (refused.Status, refused.Code).ShouldBe((401, "unauthorized"));
        refused.Json.GetProperty("detail").GetString()!.ShouldContain(reason);
    }

    [Fact]
    public async Task Pattern_that_two_issuers_share_is_told_at_the_start_and_the_subject_keeps_them_apart()
    {
        object Issuer(string name, string prefix, string key) => new
        {
            Issuer = name, Audience = "hub", Key = key, SubjectPrefix = prefix,
            Grants = new[] { "subscribe:user/{sub}/*", "publish:own/{subject}/*" },
        };
        using var file = new ConfigFile(new { Auth = new { Jwt = new[] { Issuer("shop", "k:", Key), Issuer("bank", "a:", Key + "2") } } });
        await using var server = await TestServer.StartAsync("--config", file.Path);

        await Eventually.Until(() => server.Process.Output.Contains("have an equal pattern", StringComparison.Ordinal), "the warning");
        var line = server.Process.Output.Split('\n').Where(static l => l.Contains("have an equal pattern", StringComparison.Ordinal))
            .ShouldHaveSingleItem();
        line.ShouldContain("The issuers shop and bank have an equal pattern in their grants, subscribe:user/{sub}/*:");
        line.ShouldContain("{subject}");
        line.ShouldNotContain("{{");
        var shown = await ShowAsync(server, Signed(null, """{"sub":"ann","aud":"hub","iss":"shop","exp":4102444800}"""));
        shown.Json.GetProperty("grants").EnumerateArray().Select(static g => g.GetString())
            .ShouldBe(["subscribe:user/ann/*", "publish:own/k:ann/*"]);
    }

    [Fact]
    public async Task Key_set_that_breaks_is_told_once_and_the_keys_from_before_go_on()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var set = new ConfigFile(issuer.KeySet);
        using var file = new ConfigFile(new
        {
            Auth = new { Jwt = new[] { new { Issuer = issuer.Url, Audience = "hub", JwksFile = set.Path, KeyRefresh = "1s" } } },
        });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        (await ShowAsync(server, issuer.Token("ann"))).Status.ShouldBe(200);
        var old = issuer.Key;

        set.Write("""{ "keys": [ { """);
        issuer.Rotate();
        // A token with an unknown key makes the server look for it.
        await Eventually.Until(async () =>
        {
            (await ShowAsync(server, issuer.Token("ann"))).Status.ShouldBeOneOf([401, 429]);
            return Count(server, "cannot be read from " + set.Path) > 0;
        }, "the warning");
        (await ShowAsync(server, issuer.Token("ann", signing: new SigningCredentials(old, SecurityAlgorithms.RsaSha256)))).Status
            .ShouldBe(200, "the keys from before go on");

        set.Write(issuer.KeySet);
        await Eventually.Until(async () => (await ShowAsync(server, issuer.Token("ann"))).Status == 200, "the new key is taken");
        await Eventually.Until(() => Count(server, $"are read from {set.Path} again") > 0, "the line that it can be read");
        Count(server, "cannot be read from").ShouldBe(1);
        Count(server, "Auth:Jwt:0").ShouldBe(2);
    }

    [Fact]
    public async Task Refusal_of_another_origin_says_which_settings_name_origins()
    {
        await using var server = await TestServer.StartAsync();

        var refused = await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", "Origin: http://evil.example");

        (refused.Status, refused.Code).ShouldBe((403, "cross-site"));
        refused.Text.ShouldContain("AllowedOrigins");
        refused.Text.ShouldContain("Server:CorsOrigins, --cors-origin");
    }

    [Fact]
    public async Task Every_origin_may_call_without_credentials_and_none_of_them_with_a_session()
    {
        const string secret = "right-horse-battery-staple";
        await using var server = await TestServer.StartAsync(
            0, ConfigurationTests.Tokens(secret, "ann", "all"), secret, "--cors-origin", "*");
        var signedIn = await RawHttp.PostAsync(server.Url, "/v1/session", "", "Authorization: Bearer " + secret);
        var cookie = "Cookie: " + signedIn.Header("Set-Cookie")!.Split(';')[0];

        (await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", cookie, "Origin: http://localhost")).Status.ShouldBe(202);
        (await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", cookie, "Origin: http://evil.example")).Code
            .ShouldBe("cross-site");
        (await RawHttp.PostAsync(
            server.Url, "/v1/streams/a/events", "x", "Authorization: Bearer " + secret, "Origin: http://evil.example")).Status
            .ShouldBe(202);
    }

    private static int Count(TestServer server, string text) => server.Process.Output.Split(text).Length - 1;

    private static Task<RawResponse> ShowAsync(TestServer server, string token) =>
        RawHttp.GetAsync(server.Url, "/v1/session", "Authorization: Bearer " + token);

    private static string Signed(string? head, string payload)
    {
        var text = Base64UrlEncoder.Encode(head ?? """{"alg":"HS256","typ":"JWT"}""") + "." + Base64UrlEncoder.Encode(payload);
        return text + "." + Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(text)));
    }
}
