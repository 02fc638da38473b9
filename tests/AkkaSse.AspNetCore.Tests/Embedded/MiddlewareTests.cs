using System.IO.Compression;
using System.Text;
using System.Threading.RateLimiting;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Embedded;

/// <summary>The hub beside the middleware that applications have; docs/embedding.md has a row for each.</summary>
public sealed class MiddlewareTests
{
    public static TheoryData<string> ReplacingTheBody => ["memory stream", "logging", "compression", "response caching", "output caching"];

    /// <summary>
    /// Middleware that passes on only what was flushed must not lose an answer, or a publisher would repeat what was appended.
    /// </summary>
    [Theory]
    [MemberData(nameof(ReplacingTheBody))]
    public async Task Every_answer_passes_through_a_replaced_body(string middleware)
    {
        await using var host = await EdgeHost.StartAsync(
            host: b =>
            {
                b.Services.AddHttpLogging(o => o.LoggingFields = HttpLoggingFields.All);
                b.Services.AddResponseCompression(
                    o => (o.EnableForHttps, o.MimeTypes) =
                    (true, ["application/json", "application/problem+json", "text/plain", "text/event-stream"]));
                b.Services.AddResponseCaching();
                b.Services.AddOutputCache(o => o.AddBasePolicy(static p => p.Cache()));
            },
            app: app =>
            {
                Use(app, middleware);
                app.MapSseCompatibilityEndpoints();
            });
        const string gzip = "Accept-Encoding: gzip";

        for (var i = 1; i <= 2; i++)
        {
            var published = await host.PostAsync("/v1/streams/a/events", "x", gzip);
            published.Status.ShouldBe(202);
            Json(published).ShouldContain($"\"offset\":{i},");
        }
        Json(await host.PostAsync("/v1/batch", """{"stream":"a","data":"y"}""", gzip)).ShouldContain("\"accepted\":1");
        Json(await host.GetAsync("/v1/streams/a/history", gzip)).ShouldContain("\"head\":3");
        Json(await host.GetAsync("/v1/streams/a", gzip)).ShouldContain("\"a\"");
        Json(await host.GetAsync("/v1/streams/none", gzip)).ShouldContain("stream-not-found");
        Json(await host.GetAsync("/v1/events", gzip)).ShouldContain("subscription-invalid");
        Json(await host.PostAsync("/broadcast?type=t", "x", gzip)).ShouldContain("\"broadcast\":true");
        Json(await host.GetAsync("/events", gzip)).ShouldContain("Please specify a stream!");

        if (middleware == "memory stream") return; // It keeps an endless answer to itself, as docs/embedding.md says.
        await using var reader = await host.SubscribeAsync("/v1/events?client=c", gzip);
        await reader.NextAsync("hub.open");
        Json(await host.PostAsync("/v1/clients/c/events", "z", gzip)).ShouldContain("\"client\":\"c\"");
        (await reader.NextEventAsync()).Data.ShouldBe("z");
    }

    /// <summary>With a base policy the second reader would get no byte while the first is there, and afterwards the first one's.</summary>
    [Theory]
    [InlineData("output caching")]
    [InlineData("response caching")]
    public async Task Caches_keep_no_stream_and_no_answer(string middleware)
    {
        await using var host = await EdgeHost.StartAsync(
            host: b =>
            {
                b.Services.AddResponseCaching();
                b.Services.AddOutputCache(o => o.AddBasePolicy(static p => p.Cache().Expire(TimeSpan.FromHours(1))));
            },
            app: app =>
            {
                Use(app, middleware);
                app.MapSseCompatibilityEndpoints();
                app.MapSseStream("/news", "a");
                app.MapGet("/kept", static () => Guid.NewGuid().ToString());
            });
        await host.PostAsync("/v1/streams/a/events", "x");
        foreach (var target in new[] { "/v1/streams/a/events?since=earliest", "/v1/events?stream=a&since=earliest", "/news?since=earliest",
            "/events?stream=a" })
        {
            await using (var first = await host.SubscribeAsync(target))
            {
                await using var second = await host.SubscribeAsync(target);
                (await second.NextEventAsync()).Data.ShouldBe("x", target);
                (await first.NextEventAsync()).Data.ShouldBe("x", target);
            }
            await using var third = await host.SubscribeAsync(target);
            (await third.NextEventAsync()).Data.ShouldBe("x", target);
        }
        (await host.GetAsync("/v1/streams/a/history")).Text.ShouldContain("\"head\":1");
        await host.PostAsync("/v1/streams/a/events", "y");
        (await host.GetAsync("/v1/streams/a/history")).Text.ShouldContain("\"head\":2");
        if (middleware == "output caching")
            (await host.GetAsync("/kept")).Text.ShouldBe((await host.GetAsync("/kept")).Text, "the policy works");
    }

    [Fact]
    public async Task Timeouts_of_requests_do_not_end_streams()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddRequestTimeouts(static o => o.DefaultPolicy = new() { Timeout = TimeSpan.FromMilliseconds(20) }),
            app: app =>
            {
                app.UseRouting();
                app.UseRequestTimeouts();
                app.MapSseCompatibilityEndpoints();
                app.MapSseStream("/news", "a");
                app.MapGet("/slow", static (CancellationToken ended) => Task.Delay(Timeout.Infinite, ended));
            },
            detach: false);
        await host.Hub.PublishAsync("a", new SseEvent { Data = "x" });
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/events?stream=a", "/news", "/events?stream=a" })
        {
            await using var reader = await host.SubscribeAsync(target);
            // It began after the reader did.
            (await host.GetAsync("/slow")).Status.ShouldBe(504);
            await host.Hub.PublishAsync("a", new SseEvent { Data = "after " + target });
            await reader.NextAsync(e => e.Data == "after " + target, "the event after the timeout");
        }
    }

    [Fact]
    public async Task Limiter_of_concurrent_requests_counts_no_streams_where_the_application_says_so()
    {
        await using var host = await EdgeHost.StartAsync(
            map: false,
            host: b => b.Services.AddRateLimiter(static o =>
                o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(
                static _ => RateLimitPartition.GetConcurrencyLimiter(0, static _ => new() { PermitLimit = 1 }))),
            app: app =>
            {
                app.UseRouting();
                app.UseRateLimiter();
                app.MapSseHub().DisableRateLimiting();
                app.MapSseStream("/counted", "a");
            },
            detach: false);
        await using var first = await host.SubscribeAsync("/v1/streams/a/events");
        await using var second = await host.SubscribeAsync("/v1/streams/a/events");
        (await host.PostAsync("/v1/streams/a/events", "x")).Status.ShouldBe(202);
        (await first.NextEventAsync()).Data.ShouldBe("x");
        (await second.NextEventAsync()).Data.ShouldBe("x");
        await using var counted = await host.SubscribeAsync("/counted");
        (await host.GetAsync("/counted")).Status.ShouldBe(503);
    }

    [Fact]
    public async Task Body_that_was_read_before_the_hub_is_refused()
    {
        await using var host = await EdgeHost.StartAsync(app: app =>
        {
            app.UseHttpMethodOverride(new HttpMethodOverrideOptions { FormFieldName = "_method" });
            app.Use(static async (context, next) =>
            {
                if (context.Request.Headers.ContainsKey("X-Read")) await context.Request.Body.CopyToAsync(Stream.Null);
                await next(context);
            });
            app.UseRouting();
            app.MapSseCompatibilityEndpoints();
        });
        const string form = "Content-Type: application/x-www-form-urlencoded";
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/batch", "/v1/broadcast", "/v1/subscriptions", "/broadcast" })
        {
            var read = await host.PostAsync(target, """{"stream":"a","data":"x"}""", "X-Read: 1");
            read.Status.ShouldBe(400, target);
            read.Text.ShouldContain("something before the hub has read it", Case.Sensitive, target);
            (await host.PostAsync(target, "a=1", form)).Status.ShouldBe(400, target);
            (await SendChunksAsync(host, target, "3\r\na=1\r\n0\r\n\r\n", form)).Status.ShouldBe(400, target);
        }
        (await host.SendAsync("PUT", "/v1/streams/b", """{"maxEvents":1}""", "X-Read: 1")).Status.ShouldBe(400);
        (await host.PostAsync("/v1/streams/a/events", "")).Status.ShouldBe(202, "an empty body is the event \"\"");
        (await host.GetAsync("/v1/streams/b")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Body_that_cannot_be_decompressed_is_400_and_one_that_can_is_published(string coding)
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddRequestDecompression(),
            app: app =>
            {
                app.UseRequestDecompression();
                app.UseRouting();
            });
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/subscriptions" })
        {
            var answer = await host.PostAsync(target, "this is something else", "Content-Encoding: " + coding);
            (answer.Status, answer.Code).ShouldBe((400, "body-invalid"), answer.Text);
        }
        var batch = await host.PostAsync("/v1/batch", "this is something else", "Content-Encoding: " + coding);
        batch.Text.ShouldContain("\"status\":400,\"code\":\"body-invalid\"");

        var compressed = new MemoryStream();
        await using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionMode.Compress, leaveOpen: true),
            _ => new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true),
        })
        {
            stream.Write("told"u8);
        }
        (await RawHttp.SendAsync(
            host.Address, "POST", "/v1/streams/a/events", compressed.ToArray(), ["Content-Encoding: " + coding])).Status.ShouldBe(202);
        (await host.GetAsync("/v1/streams/a/history")).Text.ShouldContain("\"data\":\"told\"");
    }

    [Fact]
    public async Task Chunk_size_that_is_no_number_is_400()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/batch" })
        {
            foreach (var size in new[] { "11111111111111111", "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFFF", "xyz", "-1" })
            {
                var answer = await SendChunksAsync(host, target, size + "\r\nabc\r\n0\r\n\r\n");
                // A batch answers each item, and what broke off as one.
                (target == "/v1/batch" ? answer.Json.GetProperty("items")[0].GetProperty("status").GetInt32() : answer.Status).ShouldBe(
                    400, $"{target} {size}: {answer.Text}");
                answer.Text.ShouldContain("body-invalid");
            }
        }
    }

    [Fact]
    public async Task Transfer_coding_that_nobody_has_undone_is_415()
    {
        await using var host = await EdgeHost.StartAsync();
        foreach (var target in new[] { "/v1/streams/a/events", "/v1/batch" })
        {
            await using var connection = await RawConnection.OpenAsync(host.Address);
            await connection.WriteHeadAsync("POST", target, "Transfer-Encoding: gzip, chunked", "Connection: close");
            await connection.WriteAsync("3\r\nabc\r\n0\r\n\r\n");
            (await connection.ReadHeadAsync("POST")).Status.ShouldBe(415, target);
        }
    }

    private static async Task<RawResponse> SendChunksAsync(EdgeHost host, string target, string chunks, params IEnumerable<string> headers)
    {
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteHeadAsync("POST", target, [.. headers, "Transfer-Encoding: chunked", "Connection: close"]);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(chunks));
        var head = await connection.ReadHeadAsync("POST");
        return head with { Body = await connection.ReadBodyToEndAsync() };
    }

    private static void Use(WebApplication app, string middleware)
    {
        switch (middleware)
        {
            case "memory stream":
                app.Use(static async (context, next) =>
                {
                    var original = context.Response.Body;
                    using var memory = new MemoryStream();
                    context.Response.Body = memory;
                    await next(context);
                    context.Response.Body = original;
                    context.Response.Headers["X-Length"] = memory.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    memory.Position = 0;
                    await memory.CopyToAsync(original);
                });
                break;
            case "logging":
                app.UseHttpLogging();
                break;
            case "compression":
                app.UseResponseCompression();
                break;
            case "response caching":
                app.UseResponseCaching();
                break;
            default:
                app.UseRouting();
                app.UseOutputCache();
                break;
        }
    }

    private static string Json(RawResponse answer)
    {
        if (answer.Header("Content-Encoding") != "gzip") return answer.Text;
        using var gzip = new GZipStream(new MemoryStream(answer.Body), CompressionMode.Decompress);
        return new StreamReader(gzip, Encoding.UTF8).ReadToEnd();
    }
}
