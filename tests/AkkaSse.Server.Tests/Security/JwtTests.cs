using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Tests.Security;

/// <summary>Tokens of a real issuer over real sockets: what is accepted, what each claim grants, and what a forger may try.</summary>
[Trait("speed", "slow")]
public sealed class JwtTests : IAsyncLifetime
{
    private OidcIssuer _issuer = null!;

    public async Task InitializeAsync() => _issuer = await OidcIssuer.StartAsync();

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    [Fact]
    public async Task Token_of_the_issuer_may_what_its_claims_its_scopes_and_the_mapping_grant()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);
        var token = _issuer.Token("ann", new()
        {
            ["akkasse"] = new[] { "publish:orders*", "manage:orders-eu" },
            ["scope"] = "openid news.write",
        });

        (await PublishAsync(server, "orders-eu", token)).Status.ShouldBe(202);
        (await PublishAsync(server, "user/ann/inbox", token)).Status.ShouldBe(202);
        (await PublishAsync(server, "news", token)).Status.ShouldBe(202);
        (await PublishAsync(server, "user/bob/inbox", token)).Code.ShouldBe("forbidden");
        (await PublishAsync(server, "weather", token)).Code.ShouldBe("forbidden");
        (await RawHttp.SendAsync(server.Url, "DELETE", "/v1/streams/orders-eu", null, Bearer(token))).Status.ShouldBe(204);
        // The subject is the principal's: its own client id needs no grant.
        await using var reader = await RawSseClient.OpenAsync(
            server.Url, "/v1/events?stream=user%2Fann%2Finbox&client=ann&since=earliest", Bearer(token));
        (await reader.NextAsync(static b => b.Type == "hub.open", "hub.open")).Data!.ShouldContain("\"client\":\"ann\"");
        server.Process.Output.ShouldNotContain(token);
    }

    [Theory]
    [InlineData("exp", 1_999_999_999_999)]
    [InlineData("iat", 1_999_999_999_999)]
    [InlineData("iat", 9_999_999_999)]
    public async Task Time_that_cannot_be_meant_is_named_and_the_token_refused(string claim, long seconds)
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);

        var refused = await PublishAsync(server, "user/ann/inbox", _issuer.Token("ann", new() { [claim] = seconds }));

        refused.Status.ShouldBe(401);
        Detail(refused).ShouldStartWith($"The claim '{claim}' ");
    }

    [Fact]
    public async Task Claim_that_would_widen_a_pattern_is_named_and_the_token_refused()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);

        foreach (var subject in (string[])["*", "ann/x", "a*"])
        {
            var refused = await PublishAsync(server, "user/ann/inbox", _issuer.Token(subject));
            (refused.Status, refused.Code).ShouldBe((401, "unauthorized"));
            Detail(refused).ShouldStartWith("The claim 'sub' cannot stand in 'publish:user/{sub}/*'");
        }
        var odd = await PublishAsync(server, "a", _issuer.Token("ann", new() { ["akkasse"] = new[] { "publish:a", "fly:*" } }));
        odd.Status.ShouldBe(401);
        Detail(odd).ShouldContain("claim 'akkasse'");
    }

    [Fact]
    public async Task Forged_and_foreign_tokens_are_refused_with_the_reason_and_without_a_part_of_them()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);
        using var other = RSA.Create(2048);
        var publicKey = _issuer.Key.Rsa.ExportSubjectPublicKeyInfoPem();
        var right = _issuer.Token("ann");
        var parts = right.Split('.');
        (await PublishAsync(server, "user/ann/a", right)).Status.ShouldBe(202);
        Dictionary<string, (string Token, string Reason)> attempts = new()
        {
            ["expired"] = (_issuer.Token("ann", life: TimeSpan.FromMinutes(-2)), "'exp'"),
            ["no end"] = (Unended(), "'exp'"),
            ["another audience"] = (_issuer.Token("ann", audience: "another"), "'aud'"),
            ["no audience"] = (_issuer.Token("ann", audience: null), "'aud'"),
            ["another issuer"] = (_issuer.Token("ann", issuer: "https://evil.example"), "'iss'"),
            ["alg none"] = (Encode("""{"alg":"none","typ":"JWT"}""") + "." + parts[1] + ".", "signature"),
            ["alg None"] = (Encode("""{"alg":"None"}""") + "." + parts[1] + "." + parts[2], "sign"),
            ["no signature"] = (parts[0] + "." + parts[1] + ".", "signature"),
            ["the public key as a shared one"] = (Hmac(Encoding.ASCII.GetBytes(publicKey)), "sign"),
            ["the modulus as a shared key"] = (Hmac(_issuer.Key.Rsa.ExportParameters(false).Modulus!), "sign"),
            ["a key of the forger under the same id"] = (_issuer.Token("ann", signing: new SigningCredentials(
                new RsaSecurityKey(other) { KeyId = _issuer.Key.KeyId }, SecurityAlgorithms.RsaSha256)), "signature"),
            ["a key of the forger in the head"] = (WithOwnKey(other), "sign"),
            ["another subject under the same signature"] = (
                parts[0] + "." + Encode(Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1])).Replace("ann", "bob",
                    StringComparison.Ordinal)) + "." + parts[2], "signature"),
            ["no token"] = ("a.b.c", "not known"),
            ["dots"] = ("..", "not known"),
        };

        foreach (var (name, (token, reason)) in attempts)
        {
            var refused = await PublishAsync(server, "user/ann/a", token);
            refused.Status.ShouldBeOneOf([401, 429], name);
            Detail(refused).ShouldContain(reason, Case.Sensitive, name);
            if (token.Length > 10) refused.Text.ShouldNotContain(token, Case.Sensitive, name);
        }
        // A right token is not slowed down by the wrong ones of its address.
        (await PublishAsync(server, "user/ann/a", right)).Status.ShouldBe(202);
        server.Process.Output.ShouldNotContain(parts[1]);

        string Unended() => new Microsoft.IdentityModel.JsonWebTokens.JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }
            .CreateToken($$"""{"iss":"{{_issuer.Url}}","aud":"hub","sub":"ann"}""",
                new SigningCredentials(_issuer.Key, SecurityAlgorithms.RsaSha256));
        string Hmac(byte[] key) => _issuer.Token("ann", signing: new SigningCredentials(
            new SymmetricSecurityKey(key) { KeyId = _issuer.Key.KeyId }, SecurityAlgorithms.HmacSha256));
    }

    [Fact]
    public async Task Keys_rotated_under_load_refuse_no_right_token_and_a_withdrawn_key_signs_for_nobody()
    {
        using var file = Config(keyRefresh: "1s");
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);
        using var end = new CancellationTokenSource();
        var accepted = 0;
        var refused = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                // A token of its own each: none is known from before. One whose key was withdrawn on its way may be refused.
                var key = _issuer.Key;
                var answer = await PublishAsync(server, "user/ann/a", _issuer.Token("ann"));
                if (answer.Status == 202) Interlocked.Increment(ref accepted);
                else if (ReferenceEquals(key, _issuer.Key)) refused.Enqueue(answer.Text);
            }
        })).ToList();

        var withdrawn = _issuer.Key;
        for (var i = 0; i < 3; i++)
        {
            var before = Volatile.Read(ref accepted);
            await Eventually.Until(() => Volatile.Read(ref accepted) > before + 20,
                static () => "tokens of the key are accepted", () => Volatile.Read(ref accepted));
            // The server looks for a key that it does not know once a second, and has looked for this one before it accepted the first.
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await Eventually.Until(() => clock.Elapsed > TimeSpan.FromSeconds(1.2), "the server to look for keys again");
            withdrawn = _issuer.Rotate();
        }
        var last = Volatile.Read(ref accepted);
        await Eventually.Until(() => Volatile.Read(ref accepted) > last + 20, static () => "tokens of the last key are accepted",
            () => Volatile.Read(ref accepted));
        await end.CancelAsync();
        await Task.WhenAll(load);

        refused.Distinct().ShouldBeEmpty();
        var old = await PublishAsync(server, "user/ann/a", _issuer.Token(
            "ann", signing: new SigningCredentials(withdrawn, SecurityAlgorithms.RsaSha256)));
        old.Status.ShouldBe(401);
        // Some per rotation, not one per token.
        _issuer.Fetches.ShouldBeLessThan(last / 2);
    }

    [Fact]
    public async Task Issuer_that_cannot_be_asked_is_503_and_right_tokens_work_when_it_is_back()
    {
        _issuer.IsServing = false;
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        var token = _issuer.Token("ann");

        var refused = await PublishAsync(server, "user/ann/a", token);
        (refused.Status, refused.Code).ShouldBe((503, "identity-unavailable"));
        refused.Header("Retry-After").ShouldNotBeNull();

        _issuer.IsServing = true;
        await _issuer.KnownToAsync(server);
        (await PublishAsync(server, "user/ann/a", token)).Status.ShouldBe(202);
        _issuer.IsServing = false;
        (await PublishAsync(server, "user/ann/a", _issuer.Token("ann"))).Status.ShouldBe(202, "its keys are known");
    }

    [Fact]
    public async Task Two_issuers_a_key_set_in_a_file_and_a_shared_key_stand_side_by_side_and_share_no_subject()
    {
        const string key = "a-key-that-issuer-and-server-share";
        using var set = new ConfigFile(_issuer.KeySet);
        using var file = new ConfigFile(new
        {
            Auth = new
            {
                Tokens = new[] { new { Token = "right-horse-battery-staple", Subject = "ops", Grants = new[] { "all" } } },
                Jwt = new object[]
                {
                    new
                    {
                        Issuer = _issuer.Url, Audience = "hub", JwksFile = set.Path, SubjectPrefix = "a|",
                        Grants = new[] { "publish:a/{sub}/*", "client:a|{sub}" },
                    },
                    new { Issuer = "shop", Audience = "hub", Key = key, SubjectPrefix = "b|", Grants = new[] { "publish:b/{sub}/*" } },
                },
            },
        });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);
        var shared = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)), SecurityAlgorithms.HmacSha256);

        (await PublishAsync(server, "a/ann/x", _issuer.Token("ann"))).Status.ShouldBe(202);
        (await PublishAsync(server, "b/ann/x", _issuer.Token("ann"))).Status.ShouldBe(403);
        (await PublishAsync(server, "b/ann/x", _issuer.Token("ann", issuer: "shop", signing: shared))).Status.ShouldBe(202);
        (await PublishAsync(server, "a/ann/x", _issuer.Token("ann", issuer: "shop", signing: shared))).Status.ShouldBe(403);
        // The shared key of one signs nothing of the other.
        (await PublishAsync(server, "a/ann/x", _issuer.Token("ann", signing: shared))).Status.ShouldBe(401);
        (await PublishAsync(server, "a/ann/x", "right-horse-battery-staple")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Subject_of_a_token_of_the_server_is_nobody_elses()
    {
        using var file = new ConfigFile(new
        {
            Auth = new
            {
                Tokens = new[] { new { Token = "right-horse-battery-staple", Subject = "ops", Grants = new[] { "all" } } },
                Jwt = new[]
                {
                    new { Issuer = _issuer.Url, Audience = "hub", JwksUrl = _issuer.Url + "/keys", Grants = new[] { "publish" } },
                },
            },
        });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await _issuer.KnownToAsync(server);

        (await PublishAsync(server, "a", _issuer.Token("ann"))).Status.ShouldBe(202);
        (await PublishAsync(server, "a", _issuer.Token("ops"))).Text.ShouldContain("(Auth:Tokens)");
    }

    [Theory]
    [InlineData("""{ "Audience": "hub", "JwksUrl": "https://x.example/keys" }""", "Auth:Jwt:0:Issuer is missing")]
    [InlineData("""{ "Issuer": "x", "JwksUrl": "https://x.example/keys" }""", "Auth:Jwt:0:Audience is empty")]
    [InlineData("""{ "Issuer": "x", "Audience": "hub" }""", "has none of Authority, JwksUrl, JwksFile, Key and KeyFile")]
    [InlineData("""{ "Issuer": "x", "Audience": "hub", "Key": "01234567890123456789012345678901", "JwksUrl": "https://x.example" }""",
        "has several of Authority")]
    [InlineData("""{ "Issuer": "x", "Audience": "hub", "JwksUrl": "http://x.example/keys" }""", "an https url is allowed")]
    [InlineData("""{ "Issuer": "x", "Audience": "hub", "Key": "s3cret" }""", "Auth:Jwt:0:Key has 6 bytes; at least 32")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub", "Algorithms": ["none"] }""", "Auth:Jwt:0:Algorithms has 'none'")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub", "Algorithms": ["HS256"] }""", "has 'HS256'; with keys")]
    [InlineData("""{ "Issuer": "x", "Audience": "hub", "Key": "01234567890123456789012345678901", "Algorithms": ["RS256"] }""",
        "Algorithms has 'RS256'; with this shared key HS256 are allowed")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub", "ClockSkew": "1h" }""", "Auth:Jwt:0:ClockSkew is 1h")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub", "Grants": ["publish:{sub}*"] }""",
        "Auth:Jwt:0:Grants has 'publish:{sub}*'; behind {sub}")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub" }, { "Authority": "https://y.example", "Audience": "hub" }""",
        "SubjectPrefix is ''; with several issuers")]
    [InlineData("""{ "Authority": "https://x.example", "Audience": "hub", "JwksFil": "x" }""", "did you mean JwksFile?")]
    public void Wrong_issuer_in_the_configuration_is_named_and_no_secret_shown(string entries, string expected)
    {
        var output = ConfigFile.FaultsOf("""{ "Auth": { "Jwt": [""" + entries + "] } }");

        output.ShouldContain(expected);
        output.ShouldNotContain("s3cret");
        output.ShouldNotContain("0123456789");
    }

    private ConfigFile Config(string keyRefresh = "10s") => new(new
    {
        Auth = new
        {
            Jwt = new[]
            {
                new
                {
                    Authority = _issuer.Url,
                    OidcIssuer.Audience,
                    KeyRefresh = keyRefresh,
                    Grants = new[] { "publish:user/{sub}/*", "subscribe:user/{sub}/*" },
                    Scopes = new[] { new { Scope = "news.write", Grants = new[] { "publish:news" } } },
                },
            },
        },
    });

    private static Task<RawResponse> PublishAsync(TestServer server, string stream, string token) =>
        RawHttp.PostAsync(server.Url, "/v1/publish?stream=" + Uri.EscapeDataString(stream), "x", Bearer(token));

    private static string Detail(RawResponse answer) => answer.Json.GetProperty("detail").GetString()!;

    private static string Bearer(string token) => "Authorization: Bearer " + token;

    private static string Encode(string json) => Base64UrlEncoder.Encode(json);

    private string WithOwnKey(RSA key)
    {
        var p = key.ExportParameters(false);
        var head = Encode(JsonSerializer.Serialize(new
        {
            alg = "RS256",
            typ = "JWT",
            jwk = new { kty = "RSA", n = Base64UrlEncoder.Encode(p.Modulus!), e = Base64UrlEncoder.Encode(p.Exponent!) },
        }));
        var body = head + "." + _issuer.Token("ann").Split('.')[1];
        return body + "." + Base64UrlEncoder.Encode(
            key.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }
}
