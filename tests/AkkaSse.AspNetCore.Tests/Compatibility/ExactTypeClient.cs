using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// S2: takes 200 with exactly <c>text/event-stream</c>; parses each read by itself, so that an event cut in two is lost; the first unnamed
/// type is <c>message</c>; empty data are not handed on.
/// </summary>
internal sealed class ExactTypeClient : GoClient
{
    private string _type = "message", _last = "";

    protected override IEnumerable<string> Headers() => _last.Length > 0 ? ["Last-Event-ID: " + _last] : [];

    protected override string? Refuses(RawResponse head) => head.Status != 200 ? $"status {head.Status}"
        : head.Header("Content-Type") != "text/event-stream" ? $"content type {head.Header("Content-Type")}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        var data = new List<string>();
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.Length == 0)
            {
                var all = string.Join('\n', data);
                data.Clear();
                if (all.Length == 0) continue;
                yield return new GoEvent(_type, all, _last);
                _type = "message";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = colon < 0 ? "" : line[(colon + 1)..] is [' ', .. var rest] ? rest : line[(colon + 1)..];
            switch (colon < 0 ? line : line[..colon])
            {
                case "data":
                    data.Add(value);
                    break;
                case "event":
                    _type = value;
                    break;
                case "id":
                    _last = value;
                    break;
            }
        }
    }

    protected override void Reset() => _type = "message";
}
