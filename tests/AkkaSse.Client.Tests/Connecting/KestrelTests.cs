using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AkkaSse.Client.Tests.Connecting;

/// <summary>Against ASP.NET Core's own event streams, written by nobody who knows this client.</summary>
public sealed class KestrelTests
{
    [Fact]
    public async Task Server_sent_events_result_is_read_with_types_ids_and_line_breaks()
    {
        static async IAsyncEnumerable<SseItem<string>> Items([EnumeratorCancellation] CancellationToken cancellation)
        {
            yield return new SseItem<string>("one\ntwo", "kind") { EventId = "1" };
            await Task.Yield();
            yield return new SseItem<string>("three") { EventId = "2", ReconnectionInterval = TimeSpan.FromSeconds(2) };
            await Task.Delay(Timeout.Infinite, cancellation);
        }

        await using var host = await WebHost.StartAsync(
            app => app.MapGet("/", (CancellationToken c) => TypedResults.ServerSentEvents(Items(c))));
        await using var client = Clients.Create(host.Url);
        var events = await client.SubscribeAsync().TakeWithin(2);
        events.Select(e => (e.Type, e.Data, e.Id)).ShouldBe([((string?)"kind", "one\ntwo", "1"), ((string?)null, "three", "2")]);
        events[1].Retry.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    [Trait("parity", "CLI-13")]
    public async Task A_hundred_reconnects_under_publishing_deliver_every_event_once_and_in_order()
    {
        const int Reconnects = 100;
        var log = new ConcurrentQueue<string>();
        var connections = 0;
        async IAsyncEnumerable<SseItem<string>> Items(int after, [EnumeratorCancellation] CancellationToken cancellation)
        {
            // Each connection ends after a few events, whatever is waiting.
            var until = after + 1 + (Interlocked.Increment(ref connections) % 7);
            for (var i = after; i < until; i++)
            {
                while (log.Count <= i)
                {
                    await Task.Delay(1, cancellation);
                }

                yield return new SseItem<string>(log.ElementAt(i)) { EventId = (i + 1).ToString() };
            }
        }

        await using var host = await WebHost.StartAsync(app => app.MapGet("/", (HttpRequest request, CancellationToken c) =>
            TypedResults.ServerSentEvents(Items(int.TryParse(request.Headers["Last-Event-ID"], out var id) ? id : 0, c))));
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                log.Enqueue($"event {i}");
                if (i % 3 == 0)
                {
                    await Task.Delay(1);
                }
            }
        });
        await using var client = Clients.Create(host.Url);
        var got = new List<string?>();
        await foreach (var e in client.SubscribeAsync())
        {
            got.Add(e.Data);
            if (Volatile.Read(ref connections) > Reconnects)
            {
                break;
            }
        }

        await stop.CancelAsync();
        await publishing;
        got.ShouldBe(Enumerable.Range(1, got.Count).Select(i => $"event {i}"));
        got.Count.ShouldBeGreaterThan(Reconnects);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    [Trait("parity", "CLI-02")]
    public async Task Untrusted_certificate_is_refused_unless_verification_is_skipped(HttpProtocols protocols)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        async IAsyncEnumerable<string> Items([EnumeratorCancellation] CancellationToken cancellation)
        {
            yield return "x";
            await Task.Delay(Timeout.Infinite, cancellation);
        }

        await using var host = await WebHost.StartAsync(
            app => app.MapGet("/", (CancellationToken c) => TypedResults.ServerSentEvents(Items(c))),
            listen =>
            {
                listen.Protocols = protocols;
                listen.UseHttps(certificate);
            });
        await using (var strict = Clients.Create(host.Url, o => o.Reconnect = ReconnectPolicy.None))
        {
            (await Should.ThrowAsync<SseClientException>(strict.SubscribeAsync().TakeWithin(1))).Failure.ShouldBe(SseFailure.Connect);
        }

        await using var client = Clients.Create(host.Url, o => o.SkipTlsVerification = true);
        (await client.SubscribeAsync().TakeWithin(1)).Single().Data.ShouldBe("x");
    }
}
