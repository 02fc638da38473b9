using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AkkaSse.Server.Tests.Reference;

/// <summary>A call in its forms, that with the name in the path first.</summary>
internal sealed record ReferenceCall(IReadOnlyList<ReferenceOperation> Forms, bool HasHead)
{
    private static readonly string[] s_order = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    internal ReferenceOperation First => Forms[0];

    internal string Title => $"{First.Method}{(HasHead ? ", HEAD" : "")} {First.Path}";

    internal int Order => Array.IndexOf(s_order, First.Method);
}

/// <summary>A method of a path.</summary>
internal sealed partial record ReferenceOperation(string Method, string Path, JsonElement Text)
{
    internal string Summary => Text.GetProperty("summary").GetString()!;

    internal IEnumerable<JsonElement> Parameters => Text.TryGetProperty("parameters", out var all) ? all.EnumerateArray() : [];

    internal JsonElement? Body => Text.TryGetProperty("requestBody", out var body) ? body : null;

    /// <summary>What is answered when all is well.</summary>
    internal IEnumerable<(string Status, JsonElement Answer)> Answers =>
        Text.GetProperty("responses").EnumerateObject().Where(static r => Number(r.Name) < 400).Select(static r => (r.Name, r.Value));

    /// <summary>The codes of refusals, which stand in their descriptions.</summary>
    internal IEnumerable<(string Status, string Code)> Codes =>
        Text.GetProperty("responses").EnumerateObject().Where(static r => Number(r.Name) >= 400).SelectMany(
            static r => Code().Matches(r.Value.GetProperty("description").GetString()!).Select(m => (r.Name, m.Groups[1].Value)));

    private static int Number(string status) => int.Parse(status, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?:^|; )`([a-z0-9-]+)`: ")]
    private static partial Regex Code();
}
