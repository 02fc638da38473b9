using System.Collections.Concurrent;
using System.IO.Pipelines;
using AkkaSse.Hub;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>A connection of a hub that takes everything it gets and remembers the data; for requests without control events.</summary>
internal sealed class SpecReader : IAsyncDisposable
{
    private readonly Pipe _pipe = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly ConcurrentQueue<string> _data = new();
    private readonly IClientConnection _connection;
    private readonly Task _reading;

    private SpecReader(IClientConnection connection)
    {
        _connection = connection;
        Ended = RunAsync();
        _reading = ReadAsync();
    }

    /// <summary>Completes with the connection.</summary>
    internal Task Ended { get; }

    internal CloseReason Reason => _connection.Reason;

    /// <summary>The data of the events so far.</summary>
    internal IReadOnlyList<string> Data => [.. _data];

    /// <summary>Connects; what the engine cannot say yet is asked again.</summary>
    internal static async Task<SpecReader> ConnectAsync(SseHub hub, SubscribeRequest request)
    {
        Admission admission = default;
        await Eventually.Until(
            async () => (admission = await hub.ConnectAsync(request, default)).Status != AdmissionStatus.Unavailable, "an admission");
        admission.Status.ShouldBe(AdmissionStatus.Accepted, admission.Error);
        return new SpecReader(admission.Connection!);
    }

    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync();
        await Eventually.Within(Ended, "the connection to end");
        await _reading;
        _gone.Dispose();
    }

    private async Task RunAsync()
    {
        await _connection.RunAsync(_pipe.Writer, () => _gone.Cancel(), _gone.Token);
        await _pipe.Writer.CompleteAsync();
    }

    private async Task ReadAsync()
    {
        using var lines = new StreamReader(_pipe.Reader.AsStream());
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal)) _data.Enqueue(line["data: ".Length..]);
        }
    }
}
