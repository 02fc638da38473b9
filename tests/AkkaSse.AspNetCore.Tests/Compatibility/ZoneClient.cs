using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// S4, the zone hub's client: takes 200; trims every value, ends every data line with LF, gives up at a block with nothing that it knows.
/// </summary>
internal sealed class ZoneClient : GoClient
{
    private readonly Splitter _blocks = new("\n\n");

    protected override string? Refuses(RawResponse head) => head.Status != 200 ? $"status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var block in _blocks.Feed(text))
        {
            var (type, data, id, known) = ("", "", "", false);
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) continue;
                var value = line[(colon + 1)..].Trim();
                switch (line[..colon])
                {
                    case "":
                        known = true;
                        break;
                    case "data":
                        data += value + "\n";
                        known = true;
                        break;
                    case "event":
                        type = value;
                        break;
                    case "id":
                        id = value;
                        break;
                }
            }

            if (!known) throw new InvalidOperationException($"a block without data and comment: {block}");
            if (data.Length > 0) yield return new GoEvent(type, data, id);
        }
    }

    protected override void Reset() => _blocks.Reset();
}
