using System.IO.Pipelines;
using System.Text;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Detach;

/// <summary>
/// A stream may pass the server's transport by only where nothing is on its way there, and nothing that somebody wants to see.
/// </summary>
public sealed class StraightToTheSocketTests
{
    [Fact]
    public async Task Connection_middleware_in_front_of_the_gate_sees_every_byte_of_the_stream()
    {
        var seen = new Recorder();
        await using var host = await EdgeHost.StartAsync(
            detach: false, host: b => b.Services.Configure<KestrelServerOptions>(o => o.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.Use(next => connection =>
            {
                connection.Transport = new Around(
                    connection.Transport.Input, PipeWriter.Create(new Tee(connection.Transport.Output.AsStream(), seen)));
                return next(connection);
            });
            endpoint.UseSseConnectionDetach();
        })));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("Connection").ShouldBeNull("Node's fetch takes a killed server for a proper end when a response says close");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events", "through the middleware");
        (await reader.NextEventAsync()).Data.ShouldBe("through the middleware");

        seen.Text.ShouldContain("event: hub.open\n");
        seen.Text.ShouldContain("data: through the middleware\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stream_on_a_connection_that_has_answered_before_comes_behind_that_answer(bool pipelined)
    {
        await using var host = await EdgeHost.StartAsync(detach: true);
        for (var i = 0; i < 50; i++)
        {
            await using var connection = await RawConnection.OpenAsync(host.Address);
            const string First = "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n";
            const string Second = "GET /v1/streams/a/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
            await connection.WriteAsync(pipelined ? First + Second : First);
            (await connection.ReadHeadAsync()).Header("Content-Type").ShouldBe("application/json");
            var answer = await ReadAsync(connection, static text => false);
            answer.ShouldEndWith("}");
            if (!pipelined) await connection.WriteAsync(Second);
            (await connection.ReadHeadAsync()).Header("Content-Type").ShouldBe("text/event-stream");
            await ReadAsync(connection, static text => text.Contains("event: hub.open\n", StringComparison.Ordinal)
                && text.EndsWith("\n\n", StringComparison.Ordinal));
            await host.PostAsync("/v1/streams/a/events", "x");
            (await ReadAsync(connection, static text => text.EndsWith("\n\n", StringComparison.Ordinal))).ShouldContain("data: x\n");
        }
    }

    // Until the body ends or is what was waited for.
    private static async Task<string> ReadAsync(RawConnection connection, Func<string, bool> enough)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!enough(text.ToString()))
        {
            var count = await connection.ReadBodyAsync(buffer);
            if (count == 0) break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        return text.ToString();
    }

    private sealed class Recorder
    {
        private readonly StringBuilder _text = new();

        internal string Text
        {
            get
            {
                lock (_text) return _text.ToString();
            }
        }

        internal void Add(ReadOnlySpan<byte> bytes)
        {
            lock (_text) _text.Append(Encoding.Latin1.GetString(bytes));
        }
    }

    private sealed class Around(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    private sealed class Tee(Stream inner, Recorder seen) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            seen.Add(buffer.AsSpan(offset, count));
            inner.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            seen.Add(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }
    }
}
