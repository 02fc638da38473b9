using System.Text.Json.Nodes;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Support;

/// <summary>Reads the stream of a server's audit.</summary>
internal sealed class AuditReading(RawSseClient reader) : IAsyncDisposable
{
    private readonly List<string> _lines = [];

    /// <summary>Everything read so far, as it came.</summary>
    internal string Text => string.Join('\n', _lines);

    internal static async Task<AuditReading> OpenAsync(Uri server, string token, string query = "since=earliest")
    {
        var reader = await RawSseClient.OpenAsync(server, "/v1/streams/$audit/events?" + query, "Authorization: Bearer " + token);
        reader.Head.Status.ShouldBe(200);
        return new AuditReading(reader);
    }

    /// <summary>The next entry: its event's type is its kind.</summary>
    internal async Task<JsonObject> NextAsync()
    {
        while (true)
        {
            var block = await reader.NextEventAsync();
            if (block.Type?.StartsWith("hub.", StringComparison.Ordinal) == true) continue;
            var line = block.Data!;
            line.ShouldNotContain("\n");
            line.All(char.IsAscii).ShouldBeTrue(line);
            _lines.Add(line);
            var entry = JsonNode.Parse(line)!.AsObject();
            ((string?)entry["kind"]).ShouldBe(block.Type);
            ((string)entry["time"]!).ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
            return entry;
        }
    }

    /// <summary>The next entries that are not the reader's own, without what differs from run to run.</summary>
    internal async Task<List<string>> TakeAsync(int count, string reader)
    {
        var taken = new List<string>();
        while (taken.Count < count)
        {
            var entry = await NextAsync();
            if ((string?)entry["subject"] == reader) continue;
            if ((string?)entry["kind"] != "end") ((string?)entry["request"]).ShouldNotBeNullOrEmpty(entry.ToJsonString());
            entry.Remove("time");
            entry.Remove("request");
            taken.Add(entry.ToJsonString());
        }
        return taken;
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}
