using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.Client.Tests.Contract;

/// <summary>Drives the contract service as an outside harness does: as a process of its own, over HTTP.</summary>
public sealed class ContractServiceTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private readonly BlockingCollection<(string Path, JsonElement Message)> _callbacks = [];
    private Process _process = null!;
    private WebHost _harness = null!;
    private int _inCallback;
    private int _overlaps;

    public async Task InitializeAsync()
    {
        _process = Process.Start(new ProcessStartInfo("dotnet", Path.Combine(AppContext.BaseDirectory, "AkkaSse.ContractService.dll"))
        {
            Environment = { ["PORT"] = "0" },
            RedirectStandardOutput = true,
        })!;
        var line = await _process.StandardOutput.ReadLineAsync().Within("the service to say where it listens");
        _http.BaseAddress = new Uri(line!.Split(' ')[^1]);
        _harness = await WebHost.StartAsync(app => app.MapPost("/cb/{n}", async (string n, HttpRequest request) =>
        {
            if (Interlocked.Increment(ref _inCallback) != 1)
            {
                Interlocked.Increment(ref _overlaps);
            }

            var message = await request.ReadFromJsonAsync<JsonElement>();
            await Task.Yield();
            _callbacks.Add((n, message));
            Interlocked.Decrement(ref _inCallback);
        }));
    }

    public async Task DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        await _harness.DisposeAsync();
        _callbacks.Dispose();
        _overlaps.ShouldBe(0);
    }

    private async Task<string> StartAsync(string streamUrl, object? more = null)
    {
        var body = new Dictionary<string, object?> { ["streamUrl"] = streamUrl, ["callbackUrl"] = _harness.Url + "/cb" };
        foreach (var property in more?.GetType().GetProperties() ?? [])
        {
            body[property.Name] = property.GetValue(more);
        }

        using var response = await _http.PostAsJsonAsync("/", body);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        return response.Headers.Location!.ToString();
    }

    private Task<(string Path, JsonElement Message)> TakeAsync(string what)
    {
        var limit = Eventually.Limit();
        return Task.Run(() => _callbacks.Take(limit.Token)).Within(what);
    }

    private async Task<List<string>> MessagesAsync(int count)
    {
        var list = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var taken = await TakeAsync($"callback {i + 1}");
            taken.Path.ShouldBe((i + 1).ToString());
            list.Add(taken.Message.GetRawText());
        }

        return list;
    }

    [Fact]
    public async Task Status_tells_name_and_capabilities()
    {
        (await _http.GetStringAsync("/")).ShouldBe(
            """{"name":"akkasse","capabilities":["bom","comments","headers","last-event-id","post","read-timeout","report","restart","server-directed-shutdown-request"]}""");
    }

    [Fact]
    public async Task Events_comments_and_errors_are_told_in_order()
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number == 1)
            {
                await c.StreamAsync("\uFEFF:Hello\ndata: a\nid: 1\n\nevent: greeting\ndata: b\ndata: c\n\nid\ndata:\n\n");
                return;
            }

            await c.StreamAsync("data: again\n\n");
            await c.UntilClosedAsync();
        });
        await StartAsync(server.Url, new { initialDelayMs = 0, tag = "basic/test" });
        (await MessagesAsync(6)).ShouldBe([
            """{"kind":"comment","comment":"Hello"}""",
            """{"kind":"event","event":{"type":"message","data":"a","id":"1"}}""",
            """{"kind":"event","event":{"type":"greeting","data":"b\nc","id":"1"}}""",
            """{"kind":"event","event":{"type":"message","data":"","id":""}}""",
            """{"kind":"error","error":"The server ended the stream.","comment":"The server ended the stream."}""",
            """{"kind":"event","event":{"type":"message","data":"again","id":""}}"""]);
    }

    [Fact]
    public async Task Method_body_headers_and_last_event_id_are_sent_on_every_attempt()
    {
        await using var server = new RawServer(c => c.StreamAsync("data: x\n\n"));
        await StartAsync(server.Url, new
        {
            initialDelayMs = 0,
            lastEventId = "abc",
            method = "REPORT",
            body = "{\"hello\": \"world\"}",
            headers = new Dictionary<string, string>
            {
                ["content-type"] = "application/json; charset=utf-8",
                ["header-name-1"] = "value-1",
            },
        });
        await Eventually.Until(() => server.Requests.Count >= 2, "it reconnects");
        foreach (var r in server.Requests.Take(2))
        {
            (r.Method, r.Body, r.Header("Content-Type"), r.Header("header-name-1"), r.Header("Last-Event-ID"))
                .ShouldBe(("REPORT", "{\"hello\": \"world\"}", "application/json; charset=utf-8", "value-1", "abc"));
        }
    }

    [Fact]
    public async Task Restart_reconnects_without_an_error_and_delete_closes()
    {
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync($"data: {c.Number}\n\n");
            await c.UntilClosedAsync();
            if (c.Number == 2)
            {
                closed.SetResult();
            }
        });
        var location = await StartAsync(server.Url, new { initialDelayMs = 0 });
        await MessagesAsync(1);
        (await _http.PostAsJsonAsync(location, new { command = "jump" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _http.PostAsJsonAsync(location, new { command = "restart" })).IsSuccessStatusCode.ShouldBeTrue();
        var (path, message) = await TakeAsync("the callback of the second connection");
        (path, message.GetProperty("kind").GetString()).ShouldBe(("2", "event"));
        (await _http.DeleteAsync(location)).IsSuccessStatusCode.ShouldBeTrue();
        await closed.Task.Within("the connection to close");
        (await _http.DeleteAsync(location)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _http.PostAsJsonAsync(location, new { command = "restart" })).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Read_timeout_is_an_error_and_a_reconnect()
    {
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("data: x\n\n");
            await c.UntilClosedAsync();
        });
        await StartAsync(server.Url, new { initialDelayMs = 0, readTimeoutMs = 200 });
        (await MessagesAsync(3)).Select(m => m[9..14]).ShouldBe(["event", "error", "event"]);
    }

    [Theory]
    [InlineData("wpt/x", "500 No", true)]
    [InlineData("wpt/x", "204 No Content", true)]
    [InlineData("wpt/x", "404 Not Found", true)]
    public async Task Browser_rules_tell_open_and_fatal_errors(string tag, string status, bool fatal)
    {
        await using var server = new RawServer(async c =>
        {
            if (c.Number == 1)
            {
                await c.StreamAsync("retry: 5\ndata: x\n\n");
                return;
            }

            await c.ReadRequestAsync();
            await c.SendAsync($"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
        });
        await StartAsync(server.Url, new { tag });
        var messages = await MessagesAsync(4);
        messages[0].ShouldBe("""{"kind":"open"}""");
        messages[1].ShouldContain("\"event\"");
        messages[2].ShouldEndWith("\"fatal\":false}");
        messages[3].ShouldEndWith($"\"fatal\":{(fatal ? "true" : "false")}}}");
        server.Accepted.ShouldBe(2);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\"}")]
    [InlineData("{\"streamUrl\":\"ftp://x/\",\"callbackUrl\":\"http://127.0.0.1/\"}")]
    [InlineData("{\"streamUrl\":7,\"callbackUrl\":\"http://127.0.0.1/\"}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\",\"callbackUrl\":\"http://127.0.0.1/\",\"initialDelayMs\":\"1\"}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\",\"callbackUrl\":\"http://127.0.0.1/\",\"readTimeoutMs\":0}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\",\"callbackUrl\":\"http://127.0.0.1/\",\"headers\":{\"a\":1}}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\",\"callbackUrl\":\"http://127.0.0.1/\",\"method\":\"no token\"}")]
    [InlineData("{\"streamUrl\":\"http://127.0.0.1/\",\"callbackUrl\":\"http://127.0.0.1/\",\"lastEventId\":\"a\\nb\"}")]
    public async Task Wrong_input_is_400(string body)
    {
        using var content = new StringContent(body);
        (await _http.PostAsync("/", content)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Delete_ends_the_program()
    {
        (await _http.DeleteAsync("/")).IsSuccessStatusCode.ShouldBeTrue();
        await _process.WaitForExitAsync().Within("the exit");
        _process.ExitCode.ShouldBe(0);
    }
}
