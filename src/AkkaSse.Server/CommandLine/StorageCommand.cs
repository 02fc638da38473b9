using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaSse.Server.Hosting;
using AkkaSse.Storage.Store;
using Spectre.Console;

namespace AkkaSse.Server.CommandLine;

/// <summary>
/// <c>storage</c>: looks into a data directory, whether a node has it or not. Progress goes to standard error, and only to a terminal.
/// </summary>
internal static class StorageCommand
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The data directory." };
        var target = new Argument<string>("TO") { Description = "The directory of the copy; it has no log.db yet." };
        var stream = new Option<string?>("--stream", "-s") { HelpName = "name", Description = "This stream only." };
        var list = new Command("list", "List the streams: name, epoch, first and newest offset") { directory };
        var verify = new Command("verify", "Read every event, and check every checksum; 1 when something is wrong") { directory };
        var export = new Command("export", "Write the retained events as JSON lines") { directory, stream };
        var backup = new Command("backup", "Copy the directory as it is at one moment; a node may run meanwhile") { directory, target };
        list.SetAction(parse => Run(parse.GetValue(directory)!, List));
        verify.SetAction(parse => Run(parse.GetValue(directory)!, Verify));
        export.SetAction(parse => Run(parse.GetValue(directory)!, d => Export(d, parse.GetValue(stream))));
        backup.SetAction(parse => Run(parse.GetValue(directory)!, d => Backup(d, parse.GetValue(target)!)));
        return new Command("storage", "Look into a data directory, or copy it") { list, verify, export, backup };
    }

    private static int Run(string path, Func<StoredDirectory, int> run)
    {
        try
        {
            using var directory = StoredDirectory.Open(path);
            return run(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"akkasse: {e.Message}");
            return ExitCodes.Failed;
        }
    }

    private static int List(StoredDirectory directory)
    {
        foreach (var s in directory.Streams)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{s.Name}\t{s.Epoch}\t{s.First}\t{s.Head}{(s.IsRemoved ? "\tremoved" : "")}"));
        }
        return ExitCodes.Ok;
    }

    private static int Verify(StoredDirectory directory)
    {
        var faults = new List<string>();
        if (directory.DamagedRows > 0) faults.Add($"{directory.DamagedRows} rows of streams are damaged.");
        var streams = directory.Streams.Where(static s => !s.IsRemoved).ToList();
        WithProgress("events", streams.Sum(static s => s.Head - s.First + 1), done =>
        {
            foreach (var stream in streams) faults.AddRange(directory.Verify(stream, done));
        });
        foreach (var fault in faults) Console.WriteLine(fault);
        if (faults.Count > 0) return ExitCodes.Failed;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{streams.Count} streams with {streams.Sum(static s => s.Head - s.First + 1)} events are whole."));
        return ExitCodes.Ok;
    }

    private static int Export(StoredDirectory directory, string? only)
    {
        var streams = directory.Streams.Where(s => !s.IsRemoved && (only is null || s.Name == only)).ToList();
        if (only is not null && streams.Count == 0) throw new IOException($"There is no stream '{only}'.");
        using var output = Console.OpenStandardOutput();
        using var buffered = new BufferedStream(output, 64 << 10);
        var damaged = false;
        WithProgress("events", streams.Sum(static s => s.Head - s.First + 1), done =>
        {
            foreach (var stream in streams)
            {
                foreach (var run in directory.Runs(stream))
                {
                    var events = StoredDirectory.Events(stream, run);
                    damaged |= run.Data is null;
                    foreach (var e in events) Write(buffered, stream, e);
                    done(events.Count);
                }
            }
        });
        if (damaged) Console.Error.WriteLine("akkasse: Damaged events were left out; storage verify names them.");
        return damaged ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static int Backup(StoredDirectory directory, string target)
    {
        WithShare("pages", 1, done =>
        {
            var before = 0;
            directory.Backup(target, (pages, all) =>
            {
                done((double)(pages - before) / Math.Max(1, all));
                before = pages;
            });
        });
        Console.WriteLine($"Copied to '{target}'. A node that is started on the copy begins new epochs.");
        return ExitCodes.Ok;
    }

    private static void Write(Stream output, StoredStream stream, in Hub.Streams.StoredEvent e)
    {
        using (var json = new Utf8JsonWriter(output, s_json))
        {
            json.WriteStartObject();
            json.WriteString("stream", stream.Name);
            json.WriteNumber("offset", e.Offset);
            json.WriteString("epoch", stream.Epoch);
            json.WriteString("at", DateTimeOffset.FromUnixTimeMilliseconds(e.At));
            if (e.Event.Type is { } type) json.WriteString("type", type);
            if (e.Event.Id is { } id) json.WriteString("id", id);
            if (e.Event.Comment is { } comment) json.WriteString("comment", comment);
            if (e.Event.Retry is { } retry) json.WriteNumber("retry", (long)retry.TotalMilliseconds);
            foreach (var field in e.Event.Fields) json.WriteString($"field:{field.Key}", field.Value);
            json.WriteString("data", e.Event.Data);
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static void WithProgress(string what, double all, Action<Action<long>> run) =>
        WithShare(what, all, done => run(count => done(count)));

    private static void WithShare(string what, double all, Action<Action<double>> run)
    {
        if (Console.IsErrorRedirected)
        {
            run(static _ => { });
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress().Start(context =>
        {
            var task = context.AddTask(what, maxValue: Math.Max(1, all));
            run(count => task.Increment(count));
        });
    }
}
