using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// S1, the r3labs client: takes 200 only, any content type; cuts at blank lines, knows a field by its prefix, removes one space, fills in
/// the last id, hands on whatever has id, data, type or retry, a rest at the end of the stream too; keeps the last id as bytes and sends it
/// on every connect when it is not empty.
/// </summary>
internal sealed class R3labsClient : GoClient
{
    private readonly Splitter _blocks = new("\n\n");

    public string LastEventId { get; set; } = "";

    protected override IEnumerable<string> Headers()
    {
        yield return "Cache-Control: no-cache";
        yield return "Accept: text/event-stream";
        yield return "Connection: keep-alive";
        if (LastEventId.Length > 0) yield return "Last-Event-ID: " + LastEventId;
    }

    protected override string? Refuses(RawResponse head) =>
        head.Status != 200 ? $"could not connect to stream, status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var block in _blocks.Feed(text))
        {
            if (Block(block) is { } e) yield return e;
        }
    }

    protected override IEnumerable<GoEvent> AtEnd()
    {
        var rest = _blocks.Rest;
        Reset();
        return rest.Length > 0 && Block(rest) is { } e ? [e] : [];
    }

    protected override void Reset() => _blocks.Reset();

    private GoEvent? Block(string block)
    {
        var (type, data, id, retry) = ("", "", "", "");
        foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Field(line, "id:") is { } i) id = i;
            else if (Field(line, "data:") is { } d) data += d + "\n";
            else if (line == "data") data += "\n";
            else if (Field(line, "event:") is { } t) type = t;
            else if (Field(line, "retry:") is { } r) retry = r;
        }

        if (data.Length > 0) data = data[..^1];
        if (id.Length > 0) LastEventId = id;
        return LastEventId.Length + data.Length + type.Length + retry.Length > 0 ? new GoEvent(type, data, LastEventId) : null;
    }

    private static string? Field(string line, string prefix) =>
        !line.StartsWith(prefix, StringComparison.Ordinal) ? null : line[prefix.Length..] is [' ', .. var value]
            ? value
            : line[prefix.Length..];
}
