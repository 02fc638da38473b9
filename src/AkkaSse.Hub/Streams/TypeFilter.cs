namespace AkkaSse.Hub.Streams;

/// <summary>The event types a reader asked for. An event without a type is <c>message</c>, as browsers call it.</summary>
internal sealed class TypeFilter(IEnumerable<string> types)
{
    private readonly HashSet<string> _types = new(types, StringComparer.Ordinal);

    internal bool Matches(string? type) => _types.Contains(string.IsNullOrEmpty(type) ? "message" : type);
}
