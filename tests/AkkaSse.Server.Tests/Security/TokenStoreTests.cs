using System.Net;
using System.Security.Cryptography;
using System.Text;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Tokens;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>The server's own tokens: at rest as hashes, with an end, and read again without a restart.</summary>
[Trait("speed", "slow")]
public sealed class TokenStoreTests
{
    private const string First = "first-horse-battery-staple";
    private const string Second = "second-horse-battery-staple";

    [Fact]
    public async Task Token_given_as_hash_is_accepted_and_the_hash_itself_is_not()
    {
        var hash = Hash(First);
        using var file = new ConfigFile(Tokens(new { Hash = hash, Subject = "ann", Grants = new[] { "publish" } }));
        await using var server = await TestServer.StartAsync("--config", file.Path);

        (await StatusAsync(server, First)).ShouldBe(HttpStatusCode.Accepted);
        (await StatusAsync(server, hash)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Expired_token_is_refused()
    {
        using var file = new ConfigFile(Tokens(
            new { Token = First, Subject = "ann", Grants = new[] { "publish" }, Expires = "2020-01-31T12:00:00Z" },
            new { Token = Second, Subject = "bob", Grants = new[] { "publish" }, Expires = "2120-01-31T12:00:00+01:00" }));
        await using var server = await TestServer.StartAsync("--config", file.Path);

        var refused = await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", "Authorization: Bearer " + First);
        refused.Status.ShouldBe(401);
        refused.Text.ShouldContain("expired");
        (await StatusAsync(server, Second)).ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("1s")]
    [InlineData("0s")]
    public async Task Tokens_are_read_again_without_a_restart_and_a_faulty_file_changes_nothing(string interval)
    {
        using var file = new ConfigFile(Tokens(new { Token = First, Subject = "ann", Grants = new[] { "publish" } }));
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:ReloadInterval=" + interval);
        (await StatusAsync(server, First)).ShouldBe(HttpStatusCode.Accepted);
        (await StatusAsync(server, Second)).ShouldBe(HttpStatusCode.Unauthorized);

        file.Write(Tokens(new { Token = Second, Subject = "ann", Grants = new[] { "publish" } }));
        if (interval == "0s") server.Process.HangUp();
        await Eventually.Until(async () => await StatusAsync(server, Second) == HttpStatusCode.Accepted, "the new token is accepted");
        (await StatusAsync(server, First)).ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests);

        file.Write("""{ "Auth": { "Tokens": [{ "Token": "short", "Subject": "ann", "Grants": ["fly"] }] } }""");
        if (interval == "0s") server.Process.HangUp();
        await Eventually.Until(
            () => server.Process.Output.Contains("Auth:Tokens:0:Grants has 'fly'", StringComparison.Ordinal), "the fault is in the log");
        (await StatusAsync(server, Second)).ShouldBe(HttpStatusCode.Accepted);
        server.Process.Output.ShouldNotContain("short");
    }

    [Fact]
    public async Task Last_token_that_is_removed_opens_the_hub_to_nobody()
    {
        using var file = new ConfigFile(Tokens(new { Token = First, Subject = "ann", Grants = new[] { "publish" } }));
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:ReloadInterval=0s");
        (await StatusAsync(server, First)).ShouldBe(HttpStatusCode.Accepted);

        file.Write("{}");
        server.Process.HangUp();
        await Eventually.Until(async () => await StatusAsync(server, First) != HttpStatusCode.Accepted, "the token is gone");
        using var anonymous = new HttpClient { BaseAddress = server.Url };
        (await anonymous.GetAsync("/v1/streams")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Word_whose_hash_is_in_the_configuration_is_no_token()
    {
        using var file = new ConfigFile(Tokens(
            new { Hash = Hash("foo"), Subject = "ops", Grants = new[] { "all" } },
            new { Hash = Hash("fifteen-letters"), Subject = "ann", Grants = new[] { "all" } },
            new { Hash = Hash("sixteen-letters!"), Subject = "bob", Grants = new[] { "all" } }));
        await using var server = await TestServer.StartAsync("--config", file.Path);

        foreach (var word in new[] { "foo", "fifteen-letters" })
        {
            var refused = await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", "Authorization: Bearer " + word);
            (refused.Status, refused.Code).ShouldBe((401, "unauthorized"), word);
            refused.Text.ShouldContain("at least 16 printable ASCII characters");
        }
        (await StatusAsync(server, "sixteen-letters!")).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task What_is_read_at_the_start_alone_is_told_once_when_it_changes()
    {
        object Auth(string lifetime, string secret) => new
        {
            Auth = new
            {
                TicketLifetime = lifetime,
                Tokens = new[] { new { Token = secret, Subject = "ann", Grants = new[] { "publish" } } },
                Jwt = new[] { new { Issuer = "shop" + lifetime, Audience = "hub", Key = First + Second } },
            },
        };
        using var file = new ConfigFile(Auth("1h", First));
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Auth:ReloadInterval=1s");

        const string line = "without effect until a restart: Auth:Jwt, Auth:TicketLifetime";
        file.Write(Auth("2h", First));
        await Eventually.Until(() => server.Process.Output.Contains(line, StringComparison.Ordinal), "the change is told");
        file.Write(Auth("2h", Second));
        await Eventually.Until(
            () => server.Process.Output.Contains("were read again and have changed", StringComparison.Ordinal), "the new token is read");
        server.Process.Output.Split(line).Length.ShouldBe(2, "it is told once");
    }

    [Theory]
    [InlineData("none of Token, TokenFile and Hash", null, null)]
    [InlineData("several of Token, TokenFile and Hash", First, "00")]
    [InlineData("Auth:Tokens:0:Hash has 26 characters", null, First)]
    public void Token_with_a_wrong_source_is_a_fault_that_shows_no_secret(string expected, string? token, string? hash)
    {
        var faults = new List<string>();
        TokenTable.Create(
            new AuthSettings { Tokens = [new TokenSettings { Token = token, Hash = hash, Subject = "ann", Grants = ["all"] }] }, faults);

        var fault = faults.ShouldHaveSingleItem();
        fault.ShouldContain(expected);
        fault.ShouldNotContain(First);
    }

    [Fact]
    public void Table_is_the_same_only_when_all_of_it_is()
    {
        var settings = new TokenSettings { Token = First, Subject = "ann", Grants = ["publish:a"] };
        var table = Table(settings);
        var store = new TokenStore(table);
        var changes = 0;
        store.Changed += () => changes++;

        store.Replace(Table(new TokenSettings { Hash = Hash(First), Subject = "ann", Grants = ["publish:a"] })).ShouldBeFalse();
        store.Replace(Table(new TokenSettings { Token = First, Subject = "ann", Grants = ["publish:b"] })).ShouldBeTrue();
        store.Replace(Table(new TokenSettings { Token = First, Subject = "bob", Grants = ["publish:b"] })).ShouldBeTrue();
        store.Replace(Table(new TokenSettings
        {
            Token = First, Subject = "bob", Grants = ["publish:b"], Expires = DateTimeOffset.UnixEpoch,
        })).ShouldBeTrue();
        changes.ShouldBe(3);
        store.Current.Find(SecretHash.Of(First)).ShouldNotBeNull().Expires.ShouldBe(DateTimeOffset.UnixEpoch);
        store.Current.Find(SecretHash.Of(Second)).ShouldBeNull();
    }

    private static TokenTable Table(TokenSettings settings)
    {
        var faults = new List<string>();
        var table = TokenTable.Create(new AuthSettings { Tokens = [settings] }, faults);
        faults.ShouldBeEmpty();
        return table;
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static object Tokens(params object[] tokens) => new { Auth = new { Tokens = tokens } };

    private static async Task<HttpStatusCode> StatusAsync(TestServer server, string token) =>
        (HttpStatusCode)(await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", "Authorization: Bearer " + token)).Status;
}
