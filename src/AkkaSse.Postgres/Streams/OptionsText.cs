using System.Text.Json;
using AkkaSse.Hub;

namespace AkkaSse.Postgres.Streams;

/// <summary>Stream options as text. Equal options have equal texts; the few distinct ones are parsed once.</summary>
internal static class OptionsText
{
    private const int Remembered = 1_000;

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, StreamOptions> s_parsed =
        new(StringComparer.Ordinal);

    internal static string Write(StreamOptions options) => JsonSerializer.Serialize(options, OptionsJson.Default.StreamOptions);

    internal static StreamOptions Read(string text)
    {
        if (s_parsed.TryGetValue(text, out var known)) return known;
        var options = JsonSerializer.Deserialize(text, OptionsJson.Default.StreamOptions) ?? new StreamOptions();
        if (s_parsed.Count >= Remembered) s_parsed.Clear();
        return s_parsed[text] = options;
    }
}
