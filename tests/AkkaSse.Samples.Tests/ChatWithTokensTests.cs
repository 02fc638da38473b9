using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AkkaSse.Samples.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class ChatWithTokensTests : IAsyncLifetime
{
    private RunningSample _sample = null!;
    private HttpClient _ada = null!;
    private HttpClient _bob = null!;

    public async Task InitializeAsync()
    {
        _sample = await RunningSample.StartAsync("ChatWithTokens");
        try
        {
            _ada = await SignInAsync("ada", "countess");
            _bob = await SignInAsync("bob", "builder");
        }
        catch
        {
            // What fails here is not disposed of by the runner.
            await _sample.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        _ada.Dispose();
        _bob.Dispose();
        await _sample.DisposeAsync();
    }

    [Fact]
    public async Task User_reads_no_channel_of_others()
    {
        await using var reader = await StreamReading.OpenAsync(_ada, "/v1/streams/engines/events", null);
        await reader.NextAsync("hub.open");
        await SayAsync(_ada, "/channels/engines/messages", "it computes", HttpStatusCode.Accepted);
        (await reader.NextAsync("message")).Data.ShouldBe("""{"from":"ada","text":"it computes"}""");

        string[] targets =
        [
            "/v1/streams/engines/events", "/v1/stream/events?stream=engines", "/v1/events?stream=lobby&stream=engines",
            "/v1/streams/engines/history",
        ];
        foreach (var target in targets)
        {
            using var refused = await _bob.GetAsync(target, HttpCompletionOption.ResponseHeadersRead);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden, target);
        }
        await SayAsync(_bob, "/channels/engines/messages", "hello", HttpStatusCode.Forbidden);
        (await _ada.GetStringAsync("/v1/streams/engines/history")).ShouldNotContain("hello");
    }

    [Fact]
    public async Task Both_users_talk_in_a_channel_of_both()
    {
        await using var ada = await StreamReading.OpenAsync(_ada, "/v1/events?stream=lobby&client=ada", null);
        await using var bob = await StreamReading.OpenAsync(_bob, "/v1/events?stream=lobby&client=bob", null);
        foreach (var reader in new[] { ada, bob }) await reader.NextAsync("hub.open");

        await SayAsync(_ada, "/channels/lobby/messages", "hello", HttpStatusCode.Accepted);
        await SayAsync(_bob, "/channels/lobby/messages", "hi", HttpStatusCode.Accepted);

        foreach (var reader in new[] { ada, bob })
        {
            (await reader.NextAsync("message")).Data.ShouldBe("""{"from":"ada","text":"hello"}""");
            (await reader.NextAsync("message")).Data.ShouldBe("""{"from":"bob","text":"hi"}""");
        }
    }

    [Fact]
    public async Task Direct_message_reaches_one_user_alone()
    {
        await using var ada = await StreamReading.OpenAsync(_ada, "/v1/events?stream=lobby&client=ada", null);
        await using var bob = await StreamReading.OpenAsync(_bob, "/v1/events?stream=lobby&client=bob", null);
        foreach (var reader in new[] { ada, bob }) await reader.NextAsync("hub.open");

        await SayAsync(_ada, "/users/bob/messages", "for you", HttpStatusCode.Accepted);
        await SayAsync(_ada, "/channels/lobby/messages", "for all", HttpStatusCode.Accepted);

        var direct = (await bob.NextAsync()).ShouldNotBeNull();
        (direct.Type, direct.Data).ShouldBe(("direct", """{"from":"ada","text":"for you"}"""));
        var first = (await ada.NextAsync()).ShouldNotBeNull();
        (first.Type, first.Data).ShouldBe(("message", """{"from":"ada","text":"for all"}"""));
        await SayAsync(_ada, "/users/eve/messages", "nobody", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Nobody_takes_the_name_of_another_or_goes_round_the_application()
    {
        using (var taken = await _bob.GetAsync("/v1/events?stream=lobby&client=ada", HttpCompletionOption.ResponseHeadersRead))
        {
            taken.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await taken.Content.ReadAsStringAsync()).ShouldContain("client-id-forbidden");
        }
        // A message that the hub took directly could name any sender.
        (await _bob.PostAsync("/v1/streams/lobby/events", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _bob.PostAsync("/v1/clients/ada/events", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _bob.DeleteAsync("/v1/streams/lobby")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _sample.Http.GetAsync("/v1/streams/lobby/events")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await SayAsync(_sample.Http, "/channels/lobby/messages", "x", HttpStatusCode.Unauthorized);
        (await _sample.PostAsync("/login", new { name = "ada", password = "builder" })).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _sample.PostAsync("/login", new { name = "ada" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task SayAsync(HttpClient user, string path, string text, HttpStatusCode expected)
    {
        using var answer = await user.PostAsJsonAsync(path, new { text });
        answer.StatusCode.ShouldBe(expected, path);
    }

    private async Task<HttpClient> SignInAsync(string name, string password)
    {
        using var answer = await _sample.PostAsync("/login", new { name, password });
        var tokens = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        var token = tokens.GetProperty("accessToken").GetString();
        var http = new HttpClient { BaseAddress = _sample.Url, Timeout = _sample.Http.Timeout };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
