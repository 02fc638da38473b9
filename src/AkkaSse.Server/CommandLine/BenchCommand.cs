using System.CommandLine;

namespace AkkaSse.Server.CommandLine;

/// <summary>
/// <c>bench</c>: many readers of one stream and publishers at a rate; shows what arrived, how late, and whether anything was lost.
/// </summary>
/// <remarks>A look at a server from outside, not the project's benchmark: this program parses every event and shares the machine.</remarks>
internal static class BenchCommand
{
    internal static Command Create()
    {
        var remote = new RemoteOptions();
        var stream = new Option<string>("--stream", "-s")
        {
            HelpName = "name",
            Description = "The stream to use.",
            DefaultValueFactory = _ => "bench",
        };
        var readers = RemoteOptions.Number("--readers", 100, 1, 20_000, "Connections that read");
        var publishers = RemoteOptions.Number("--publishers", 4, 1, 256, "Publishers at once");
        var rate = RemoteOptions.Number(
            "--rate", 100, 0, 1_000_000, "Events per second of all publishers together; 0 for as fast as they are acknowledged");
        var size = RemoteOptions.Number("--size", 200, 32, 1 << 20, "Bytes of data per event");
        var duration = RemoteOptions.Duration("--duration", TimeSpan.FromSeconds(10), "How long to publish");
        var command = new Command("bench", "Measure fan-out and latency of a running server")
        {
            stream,
            readers,
            publishers,
            rate,
            size,
            duration,
        };
        remote.AddTo(command);
        command.SetAction((parse, cancellation) => new BenchRun
        {
            Url = parse.GetValue(remote.Url)!,
            Token = remote.TokenOf(parse),
            Stream = parse.GetValue(stream)!,
            Readers = parse.GetValue(readers),
            Publishers = parse.GetValue(publishers),
            Rate = parse.GetValue(rate),
            Size = parse.GetValue(size),
            Duration = parse.GetValue(duration),
        }.RunAsync(cancellation));
        return command;
    }
}
