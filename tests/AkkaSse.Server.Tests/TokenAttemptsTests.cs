using System.Net;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Tokens;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Server.Tests;

[Trait("speed", "slow")]
public sealed class TokenAttemptsTests
{
    private const string Secret = "correct-horse-battery-staple";

    private static readonly IPAddress Somebody = IPAddress.Parse("203.0.113.7");

    private readonly ManualTimeProvider _time = new();
    private readonly LineLog _log = new();
    private readonly TokenAttempts _attempts;

    public TokenAttemptsTests() => _attempts = new TokenAttempts(_time, new Logger<TokenAttempts>(_log));

    [Fact]
    public void Address_has_a_burst_of_tries_and_one_more_each_second()
    {
        for (var i = 0; i < TokenAttempts.Burst; i++)
        {
            _attempts.IsExhausted(Somebody).ShouldBeFalse();
            _attempts.Failed(Somebody);
        }
        _attempts.IsExhausted(Somebody).ShouldBeTrue();
        // What is not looked at any more puts nothing off.
        for (var i = 0; i < 1_000; i++) _attempts.Failed(Somebody);
        _time.Advance(TokenAttempts.Refill);
        _attempts.IsExhausted(Somebody).ShouldBeFalse();
        _attempts.Failed(Somebody);
        _attempts.IsExhausted(Somebody).ShouldBeTrue();
        _attempts.IsExhausted(IPAddress.Parse("203.0.113.8")).ShouldBeFalse("another address");
        _time.Advance(TokenAttempts.Refill * TokenAttempts.Burst);
        for (var i = 0; i < TokenAttempts.Burst; i++) _attempts.Failed(Somebody);
        _attempts.IsExhausted(Somebody).ShouldBeTrue();
    }

    [Theory]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2::5", "2001:db8:1:2:ffff::9")]
    public void Addresses_that_one_caller_can_have_count_together(string one, string other)
    {
        for (var i = 0; i < TokenAttempts.Burst; i++) _attempts.Failed(IPAddress.Parse(one));
        _attempts.IsExhausted(IPAddress.Parse(other)).ShouldBeTrue();
    }

    [Fact]
    public void Lines_are_few_however_many_fail_and_memory_is_bounded()
    {
        for (var i = 0; i < 3 * TokenAttempts.MaxAddresses; i++) _attempts.Failed(new IPAddress(0x0a000000L + i));
        _log.Lines.ShouldHaveSingleItem().ShouldStartWith("Warning A token that is not known came from ");
        _attempts.Addresses.ShouldBe(TokenAttempts.MaxAddresses);

        // Those that have their tries back are forgotten for others.
        _time.Advance(TokenAttempts.Refill * TokenAttempts.Burst);
        _attempts.Failed(Somebody);
        _attempts.Addresses.ShouldBe(1);
        for (var i = 0; i < 100; i++) _attempts.Failed(Somebody);
        _log.Lines.Count().ShouldBe(2);
        _time.Advance(TimeSpan.FromMinutes(2));
        _attempts.Failed(Somebody);
        _log.Lines.Last().ShouldContain("203.0.113.7, 102 times");
    }

    [Fact]
    public async Task Wrong_tokens_in_a_row_are_429_and_logged_and_right_ones_go_on()
    {
        var variables = ConfigurationTests.Tokens(Secret, "robot", "all");
        variables["AKKASSE_AUTH__TOKENS__1__TOKEN"] = "another-horse-battery-staple";
        variables["AKKASSE_AUTH__TOKENS__1__SUBJECT"] = "late";
        variables["AKKASSE_AUTH__TOKENS__1__GRANTS"] = "all";
        await using var server = await TestServer.StartAsync(0, variables, Secret);
        (await server.Http.GetAsync("/v1/streams")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var wrong = new HttpClient
        {
            BaseAddress = server.Url,
            DefaultRequestHeaders = { { "Authorization", "Bearer wrong-horse-battery-staple" } },
        };

        // At the rate of tries no count of a slow machine's requests is beyond it: until it is met.
        await Eventually.Until(async () =>
        {
            using var answer = await wrong.GetAsync("/v1/streams");
            if (answer.StatusCode == HttpStatusCode.Unauthorized) return false;
            answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            answer.Headers.RetryAfter!.Delta.ShouldBe(TokenAttempts.Refill);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("\"code\":\"too-many-attempts\"");
            return true;
        }, "the address to be out of tries");

        (await server.Http.GetAsync("/v1/streams")).StatusCode.ShouldBe(HttpStatusCode.OK, "a right token from the same address");
        using var late = new HttpClient
        {
            BaseAddress = server.Url,
            DefaultRequestHeaders = { { "Authorization", "Bearer another-horse-battery-staple" } },
        };
        (await late.GetAsync("/v1/streams")).StatusCode.ShouldBe(HttpStatusCode.OK, "so is one that is new here");
        server.Process.Output.ShouldContain("A token that is not known came from 127.0.0.1");
        server.Process.Output.ShouldNotContain("wrong-horse");
    }
}
