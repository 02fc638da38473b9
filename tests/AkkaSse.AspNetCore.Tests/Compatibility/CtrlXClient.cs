using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// S0, the ctrlX SDK's client: takes 200 and 201, any content type; needs ": " between name and value; glues data lines without LF; knows
/// no id; calls back at every blank line, with ("", "") for an empty block.
/// </summary>
internal sealed class CtrlXClient : GoClient
{
    private readonly Splitter _lines = new("\n");
    private string _type = "", _data = "";

    protected override IEnumerable<string> Headers() => ["Accept: text/event-stream", "Authorization: Bearer token"];

    protected override string? Refuses(RawResponse head) => head.Status > 201 ? $"status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var line in _lines.Feed(text))
        {
            if (line.Length == 0)
            {
                yield return new GoEvent(_type, _data);
                (_type, _data) = ("", "");
                continue;
            }

            var parts = line.Split(": ", 2);
            if (parts.Length < 2) continue;
            if (parts[0] == "event") _type = parts[1];
            if (parts[0] == "data") _data += parts[1];
        }
    }

    protected override void Reset()
    {
        _lines.Reset();
        (_type, _data) = ("", "");
    }
}
