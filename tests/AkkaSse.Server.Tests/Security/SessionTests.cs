using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>The cookie of a browser: what it may, and what a page that did not set it cannot make of it.</summary>
[Trait("speed", "slow")]
[Trait("detach", "both")]
public sealed class SessionTests
{
    private const string Secret = "right-horse-battery-staple";
    // Raw requests ask for this host.
    private const string Own = "Origin: http://localhost";
    private const string Write = "/v1/streams/a/events";

    [Fact]
    public async Task Session_reads_and_writes_for_pages_of_its_own_origin_and_of_allowed_ones()
    {
        await using var server = await StartAsync("--cors-origin", "https://app.example");
        var (cookie, attributes) = await SignInAsync(server);

        attributes.ShouldContain("httponly");
        attributes.ShouldContain("secure");
        attributes.ShouldContain("samesite=strict");
        attributes.ShouldContain("path=/");
        cookie.ShouldStartWith("Cookie: __Host-akkasse=");
        (await RawHttp.PostAsync(server.Url, Write, "x", cookie, Own)).Status.ShouldBe(202);
        (await RawHttp.PostAsync(server.Url, Write, "x", cookie, "Origin: https://app.example", "Sec-Fetch-Site: cross-site")).Status
            .ShouldBe(202);
        (await RawHttp.GetAsync(server.Url, "/v1/streams/a/history", cookie)).Status.ShouldBe(200);
        await using var reader = await RawSseClient.OpenAsync(
            server.Url, Write + "?since=earliest", cookie, "Sec-Fetch-Site: same-origin");
        (await reader.NextAsync(static b => b.Data == "x", "the event")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Session_does_nothing_for_a_page_of_another_origin()
    {
        await using var server = await StartAsync();
        var (cookie, _) = await SignInAsync(server);
        foreach (var (method, target, headers) in new (string, string, string[])[]
        {
            ("POST", Write, ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"]),
            ("POST", Write, ["Origin: http://evil.example"]),
            ("POST", Write, ["Origin: null"]),
            ("POST", Write, ["Origin: http://127.0.0.1:1"]),
            ("POST", Write, ["Sec-Fetch-Site: same-site"]),
            ("POST", Write, []),
            ("DELETE", "/v1/streams/a", []),
            ("POST", "/v1/batch", ["Origin: http://evil.example"]),
            ("POST", "/broadcast", ["Origin: http://evil.example"]),
            ("POST", "/v1/tickets", ["Origin: http://evil.example"]),
            ("DELETE", "/v1/session", []),
            ("GET", Write, ["Sec-Fetch-Site: same-site"]),
            ("GET", "/v1/events?stream=a&client=robot", ["Sec-Fetch-Site: cross-site"]),
            ("GET", "/events?stream=a", ["Origin: http://evil.example"]),
        })
        {
            var body = method == "GET" ? null : "x"u8.ToArray();
            var refused = await RawHttp.SendAsync(server.Url, method, target, body, [cookie, .. headers]);
            (refused.Status, refused.Code).ShouldBe((403, "cross-site"), $"{method} {target} {string.Join(' ', headers)}");
        }
        (await server.Http.GetStringAsync("/v1/streams")).ShouldContain("\"streams\":[]");
    }

    [Fact]
    public async Task Session_of_another_server_or_changed_by_a_letter_is_refused_and_no_session_makes_a_session()
    {
        await using var server = await StartAsync();
        await using var other = await StartAsync();
        var (cookie, _) = await SignInAsync(server);
        var (foreign, _) = await SignInAsync(other);
        var changed = cookie[..^5] + (cookie[^5] == 'A' ? 'B' : 'A') + cookie[^4..];

        foreach (var wrong in new[] { foreign, changed, "Cookie: __Host-akkasse=x", "Cookie: __Host-akkasse=" })
        {
            var refused = await RawHttp.GetAsync(server.Url, "/v1/streams", wrong);
            (refused.Status, refused.Code).ShouldBe((401, "unauthorized"), wrong);
        }
        // A bearer token stands before a cookie.
        (await RawHttp.GetAsync(server.Url, "/v1/streams", foreign, "Authorization: Bearer " + Secret)).Status.ShouldBe(200);
        (await RawHttp.PostAsync(server.Url, "/v1/session", "", cookie, Own)).Code
            .ShouldBe("forbidden");
        (await RawHttp.PostAsync(server.Url, "/v1/session", "")).Code.ShouldBe("unauthorized");
    }

    [Fact]
    public async Task Servers_with_the_same_keys_accept_each_others_sessions()
    {
        var keys = Directory.CreateTempSubdirectory("akkasse-keys-").FullName;
        try
        {
            await using var server = await StartAsync("--set", "Auth:KeyDirectory=" + keys);
            var (cookie, _) = await SignInAsync(server);
            await using var other = await StartAsync("--set", "Auth:KeyDirectory=" + keys);

            (await RawHttp.GetAsync(other.Url, "/v1/streams", cookie)).Status.ShouldBe(200);
        }
        finally
        {
            Directory.Delete(keys, recursive: true);
        }
    }

    [Fact]
    public async Task Session_lives_no_longer_than_the_token_that_it_was_made_with()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer);
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await issuer.KnownToAsync(server);

        var answer = await RawHttp.PostAsync(
            server.Url, "/v1/session", "", "Authorization: Bearer " + issuer.Token("ann", life: TimeSpan.FromMinutes(5)));
        answer.Status.ShouldBe(201);
        answer.Json.GetProperty("subject").GetString().ShouldBe("ann");
        answer.Json.GetProperty("expires").GetDateTimeOffset().ShouldBeLessThan(DateTimeOffset.UtcNow.AddMinutes(5).AddSeconds(31));
        var cookie = Cookie(answer);
        (await RawHttp.GetAsync(server.Url, "/v1/session", cookie)).Json.GetProperty("grants").EnumerateArray()
            .Select(static g => g.GetString()).ShouldBe(["subscribe:user/ann/*", "publish:user/ann/*"]);
        (await RawHttp.GetAsync(server.Url, "/v1/stream/history?stream=user/bob/x", cookie)).Code.ShouldBe("forbidden");
    }

    [Fact]
    public async Task Stream_ends_with_its_token()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer, skew: "0s");
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await issuer.KnownToAsync(server);
        var token = issuer.Token("ann", life: TimeSpan.FromSeconds(20));

        await using var reader = await RawSseClient.OpenAsync(
            server.Url, "/v1/events?stream=user/ann/x", "Authorization: Bearer " + token);
        (await reader.NextAsync(static b => b.Type == "hub.open", "hub.open")).ShouldNotBeNull();
        var end = await reader.NextAsync(static b => b.Type == "hub.end", "hub.end");

        end.Data.ShouldBe("""{"reason":"credential-expired"}""");
        await Eventually.Until(async () => (await RawHttp.GetAsync(server.Url, "/v1/stream/history?stream=user/ann/x",
            "Authorization: Bearer " + token)).Status == 401, "the token is refused");
    }

    [Fact]
    public async Task Revoked_subject_is_cut_off_with_all_that_it_had_and_comes_back_with_a_new_token()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer);
        await using var server = await TestServer.StartAsync(0, null, Secret, "--config", file.Path);
        await issuer.KnownToAsync(server);
        var bearer = "Authorization: Bearer " + issuer.Token("ann");
        var bob = "Authorization: Bearer " + issuer.Token("bob");
        var cookie = Cookie(await RawHttp.PostAsync(server.Url, "/v1/session", "", bearer));
        var ticket = (await RawHttp.PostAsync(server.Url, "/v1/tickets", "", bearer)).Json.GetProperty("ticket").GetString();
        await using var reader = await RawSseClient.OpenAsync(server.Url, "/v1/events?stream=user/ann/x", bearer);
        await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");
        await using var bobs = await RawSseClient.OpenAsync(server.Url, "/v1/events?stream=user/bob/x", bob);
        await bobs.NextAsync(static b => b.Type == "hub.open", "hub.open");

        (await RawHttp.SendAsync(server.Url, "DELETE", "/v1/sessions/ann", null, bob)).Code.ShouldBe("forbidden");
        (await server.Http.DeleteAsync("/v1/sessions/ann")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);

        (await reader.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"revoked"}""");
        (await RawHttp.GetAsync(server.Url, "/v1/session", bearer)).Status.ShouldBe(401);
        (await RawHttp.GetAsync(server.Url, "/v1/session", cookie)).Status.ShouldBe(401);
        (await RawHttp.GetAsync(server.Url, $"/v1/events?stream=user/ann/x&instance=i&ticket={ticket}")).Status.ShouldBe(401);
        (await RawHttp.GetAsync(server.Url, "/v1/session", bob)).Status.ShouldBe(200);
        (await RawHttp.PostAsync(server.Url, "/v1/publish?stream=user/bob/x", "still here", bob)).Status.ShouldBe(202);
        (await bobs.NextAsync(static b => b.Data == "still here", "bob's event")).ShouldNotBeNull();
        // A token tells the second in which it was issued; one of the second of the revocation is revoked too.
        await Eventually.Until(
            async () => (await RawHttp.GetAsync(server.Url, "/v1/session", "Authorization: Bearer " + issuer.Token("ann"))).Status == 200,
            "a new token is accepted");
    }

    [Fact]
    public async Task Token_that_is_removed_takes_its_sessions_and_streams_with_it()
    {
        using var file = new ConfigFile(Tokens("publish", "subscribe"));
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:ReloadInterval=0s");
        var (cookie, _) = await SignInAsync(server);
        await using var reader = await RawSseClient.OpenAsync(server.Url, Write, cookie);
        await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");

        // With fewer grants it is another token, too.
        file.Write(Tokens("publish"));
        server.Process.HangUp();

        (await reader.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"revoked"}""");
        (await RawHttp.GetAsync(server.Url, "/v1/session", cookie)).Status.ShouldBe(401);
    }

    /// <summary>The other node has not heard of the revocation: what it makes of the token must not outlive it.</summary>
    [Fact]
    public async Task Session_is_as_old_as_the_token_that_it_was_made_with()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer);
        var keys = Directory.CreateTempSubdirectory("akkasse-keys-").FullName;
        try
        {
            await using var server = await TestServer.StartAsync(
                0, null, Secret, "--config", file.Path, "--set", "Auth:KeyDirectory=" + keys);
            await using var other = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:KeyDirectory=" + keys);
            await issuer.KnownToAsync(server);
            await issuer.KnownToAsync(other);
            var bearer = "Authorization: Bearer " + issuer.Token("ann");
            (await RawHttp.GetAsync(server.Url, "/v1/session", bearer)).Status.ShouldBe(200);

            (await server.Http.DeleteAsync("/v1/sessions/ann")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);
            var cookie = Cookie(await RawHttp.PostAsync(other.Url, "/v1/session", "", bearer));

            (await RawHttp.GetAsync(other.Url, "/v1/session", cookie)).Status.ShouldBe(200, "it knows nothing of it");
            (await RawHttp.GetAsync(server.Url, "/v1/session", cookie)).Status.ShouldBe(401);
        }
        finally
        {
            Directory.Delete(keys, recursive: true);
        }
    }

    [Fact]
    public async Task Token_that_is_to_end_earlier_ends_its_streams_and_the_next_ones_know_its_end()
    {
        using var file = new ConfigFile(Tokens("publish", "subscribe"));
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:ReloadInterval=0s");
        var bearer = "Authorization: Bearer " + Secret;
        await using var reader = await RawSseClient.OpenAsync(server.Url, Write, bearer);
        await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");

        var ends = DateTimeOffset.UtcNow.AddMinutes(30);
        file.Write(new
        {
            Auth = new
            {
                Tokens = new[] { new { Token = Secret, Subject = "robot", Grants = new[] { "publish", "subscribe" }, Expires = ends } },
            },
        });
        server.Process.HangUp();

        (await reader.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"revoked"}""");
        var session = await RawHttp.GetAsync(server.Url, "/v1/session", bearer);
        session.Json.GetProperty("expires").GetDateTimeOffset().ShouldBe(ends, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Everybody_revokes_itself_and_nobody_two_at_once()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer);
        await using var server = await TestServer.StartAsync(0, null, Secret, "--config", file.Path);
        await issuer.KnownToAsync(server);
        var bearer = "Authorization: Bearer " + issuer.Token("ann");

        var twice = await server.Http.DeleteAsync("/v1/sessions?subject=ann&subject=bob");
        twice.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
        (await RawHttp.GetAsync(server.Url, "/v1/session", bearer)).Status.ShouldBe(200);
        (await RawHttp.SendAsync(server.Url, "DELETE", "/v1/sessions/ann", null, bearer)).Status.ShouldBe(204);
        (await RawHttp.GetAsync(server.Url, "/v1/session", bearer)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Caller_that_may_revoke_some_subjects_cannot_keep_others_from_revoking()
    {
        const string Tenant = "tenant-horse-battery-staple";
        using var file = new ConfigFile(new
        {
            Auth = new
            {
                Tokens = new[]
                {
                    new { Token = Secret, Subject = "ops", Grants = new[] { "all" } },
                    new { Token = Tenant, Subject = "b", Grants = new[] { "all:b/*" } },
                },
            },
        });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        RawResponse answer = null!;
        // More than a burst, and at once.
        for (var i = 0; i < 500 && answer is not { Status: 429 }; i++)
            answer = await RawHttp.SendAsync(server.Url, "DELETE", $"/v1/sessions?subject=b/{i}", null, "Authorization: Bearer " + Tenant);
        (answer.Status, answer.Code).ShouldBe((429, "limit-reached"));
        answer.Header("Retry-After").ShouldBe("1");
        (await RawHttp.SendAsync(server.Url, "DELETE", "/v1/sessions/ann", null, "Authorization: Bearer " + Secret)).Status.ShouldBe(204);
    }

    [Fact]
    public async Task Batch_that_is_under_way_publishes_nothing_after_its_credential_was_revoked()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        using var file = JwtConfig(issuer);
        await using var server = await TestServer.StartAsync(0, null, Secret, "--config", file.Path);
        await issuer.KnownToAsync(server);
        await using var batch = await RawConnection.OpenAsync(server.Url);
        await batch.WriteHeadAsync("POST", "/v1/batch", "Authorization: Bearer " + issuer.Token("ann"),
            "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked");
        const string Item = "{\"stream\":\"user/ann/x\",\"data\":\"1\"}\n";
        var chunk = $"{Item.Length:x}\r\n{Item}\r\n";
        await batch.WriteAsync(chunk);
        await Eventually.Until(
            async () => (await RawHttp.GetAsync(server.Url, "/v1/stream?stream=user/ann/x", "Authorization: Bearer " + Secret)).Status == 200,
            "the first item to be published");

        (await server.Http.DeleteAsync("/v1/sessions/ann")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);
        await batch.WriteAsync(chunk + "0\r\n\r\n");

        var answer = await batch.ReadHeadAsync();
        answer.Status.ShouldBe(200);
        using var items = JsonDocument.Parse(await batch.ReadBodyToEndAsync());
        items.RootElement.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("status").GetInt32()).ShouldBe([202, 401]);
        (await RawHttp.GetAsync(server.Url, "/v1/stream?stream=user/ann/x", "Authorization: Bearer " + Secret)).Json.GetProperty("head")
            .GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Sign_out_takes_the_cookie_away()
    {
        await using var server = await StartAsync();
        var (cookie, _) = await SignInAsync(server);

        var answer = await RawHttp.SendAsync(server.Url, "DELETE", "/v1/session", null, cookie, Own);
        answer.Status.ShouldBe(204);
        answer.Header("Set-Cookie")!.ShouldContain("1970");
    }

    [Theory]
    [InlineData("SessionLifetime", "8d", "Auth:SessionLifetime is 8d; 1m to 7d are allowed")]
    [InlineData("TicketLifetime", "0s", "Auth:TicketLifetime is 0s")]
    [InlineData("SessionSameSite", "unspecified", "strict, lax or none")]
    [InlineData("SessionLifetime", "2d", "shorter than the SessionLifetime")]
    public void Wrong_setting_is_named(string key, string value, string expected) =>
        ConfigFile.FaultsOf($$"""{ "Auth": { "{{key}}": "{{value}}" } }""").ShouldContain(expected);

    internal static string Cookie(RawResponse answer)
    {
        answer.Status.ShouldBe(201, answer.Text);
        return "Cookie: " + answer.Header("Set-Cookie")!.Split(';')[0];
    }

    private static async Task<(string Cookie, string Attributes)> SignInAsync(TestServer server)
    {
        var answer = await RawHttp.PostAsync(server.Url, "/v1/session", "", "Authorization: Bearer " + Secret);
        return (Cookie(answer), answer.Header("Set-Cookie")!.ToLowerInvariant());
    }

    private static Task<TestServer> StartAsync(params string[] arguments) =>
        TestServer.StartAsync(0, ConfigurationTests.Tokens(Secret, "robot", "all"), Secret, arguments);

    private static object Tokens(params string[] grants) =>
        new { Auth = new { Tokens = new[] { new { Token = Secret, Subject = "robot", Grants = grants } } } };

    private static ConfigFile JwtConfig(OidcIssuer issuer, string skew = "30s") => new(JsonSerializer.Serialize(new
    {
        Auth = new
        {
            Tokens = new[] { new { Token = Secret, Subject = "ops", Grants = new[] { "all" } } },
            Jwt = new[]
            {
                new
                {
                    Authority = issuer.Url,
                    OidcIssuer.Audience,
                    ClockSkew = skew,
                    Grants = new[] { "subscribe:user/{sub}/*", "publish:user/{sub}/*" },
                },
            },
        },
    }));
}
