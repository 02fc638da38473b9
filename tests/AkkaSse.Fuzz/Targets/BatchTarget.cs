using System.Buffers;
using System.IO.Pipelines;
using AkkaSse.AspNetCore;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// Bodies of batches. Where the body is cut on its way changes neither the items nor the faults; but an item that is both broken and too
/// large is told the one or the other.
/// </summary>
internal static class BatchTarget
{
    private const int LargeBytes = 1 << 20;
    private const int SmallBytes = 512;

    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        var size = 1 + (input[0] % 32);
        var body = input.AsMemory(1);
        var whole = Read(body, body.Length, LargeBytes);
        BreachException.IfDifferent(whole, Read(body, size, LargeBytes), $"Cut every {size} bytes it reads otherwise.");
        Read(body, size, SmallBytes);
    }

    private static List<string> Read(ReadOnlyMemory<byte> body, int size, int limit)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        using var memory = new RunMemory();
        using var reader = new BatchReader(pipe.Reader, new BatchItemParser(memory), length: null, limit);
        var items = new List<string>();
        var sent = 0;
        while (true)
        {
            switch (reader.Next(out var item))
            {
                case BatchStep.Item:
                    items.Add(Text(item));
                    break;
                case BatchStep.NeedData:
                    Send(pipe.Writer, body, ref sent, size);
                    var filled = reader.FillAsync();
                    if (!filled.IsCompleted) throw new BreachException("The reader waits for bytes that are there.");
                    filled.GetAwaiter().GetResult();
                    break;
                case BatchStep.Broken:
                    items.Add($"broken {reader.Fault!.Status} at {reader.FaultAt}");
                    return items;
                default:
                    items.Add("end");
                    return items;
            }
        }
    }

    private static void Send(PipeWriter to, ReadOnlyMemory<byte> body, ref int sent, int size)
    {
        var count = Math.Min(size, body.Length - sent);
        to.Write(body.Slice(sent, count).Span);
        sent += count;
        if (sent == body.Length)
        {
            to.Complete();
            return;
        }
        var flushed = to.FlushAsync();
        if (!flushed.IsCompletedSuccessfully) throw new BreachException("A pipe without a bound takes no bytes.");
        _ = flushed.Result;
    }

    private static string Text(in BatchEntry item) => item.Fault is { } fault
        ? $"fault {fault.Status} {fault.Message}"
        : $"{item.Stream}|{item.Client}|{item.Zone}|{item.Broadcast}|{item.Type}|{item.Id}|{item.Key}|{item.Comment}|{item.Conflate}|"
            + $"{item.Retry}|{item.Ttl}|{Convert.ToHexString((item.Data ?? default).Span)}|"
            + string.Join(';', (item.Fields ?? []).Select(f => f.Key + "=" + f.Value));
}
