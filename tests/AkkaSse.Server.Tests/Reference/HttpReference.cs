using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AkkaSse.Server.Tests.Reference;

/// <summary>A document for people of an OpenAPI document: each call with its parameters, answers and codes.</summary>
internal sealed partial class HttpReference
{
    private readonly StringBuilder _text = new();
    private readonly List<ReferenceCall> _calls;
    private readonly HashSet<(string Status, string Code)> _everywhere;

    private HttpReference(JsonElement document)
    {
        var all = document.GetProperty("paths").EnumerateObject().SelectMany(static p => p.Value.EnumerateObject().Select(
            m => new ReferenceOperation(m.Name.ToUpperInvariant(), p.Name, m.Value))).ToList();
        // A HEAD answers as its GET, without a body; a path with the name in the query is another form of its twin.
        _calls = [.. all.Where(static o => o.Method != "HEAD").GroupBy(static o => (o.Method, o.Summary)).Select(g => new ReferenceCall(
            g.OrderByDescending(static o => o.Path.Contains('{')).ThenBy(static o => o.Path, StringComparer.Ordinal).ToList(),
            all.Any(o => o.Method == "HEAD" && (o.Path, o.Summary) == (g.First().Path, g.Key.Summary))))];
        _everywhere = [.. _calls.Select(static c => c.First.Codes).Aggregate(static (a, b) => a.Intersect(b))];
    }

    /// <summary>The document.</summary>
    internal static string Of(JsonElement document)
    {
        var reference = new HttpReference(document);
        reference.WriteHead();
        foreach (var call in reference._calls.OrderBy(static c => c.First.Path, StringComparer.Ordinal).ThenBy(static c => c.Order))
            reference.Write(call);
        reference.WriteBodies(document.GetProperty("components").GetProperty("schemas"));
        return reference._text.ToString();
    }

    private void WriteHead()
    {
        _text.Append("# HTTP reference\n\nEvery call with its parameters, answers and error codes, as the server describes them at "
            + "`/openapi/v1.json`. A test writes this page; [http-api.md](http-api.md) explains the calls. Those for browsers and for "
            + "revocation are in [security.md](security.md#browsers), health and metrics in [operations.md](operations.md#health).\n\n"
            + "| Call | |\n|---|---|\n");
        foreach (var call in _calls.OrderBy(static c => c.First.Path, StringComparer.Ordinal).ThenBy(static c => c.Order))
            _text.Append($"| [{call.Title}](#{Anchor(call.Title)}) | {call.First.Summary} |\n");
        _text.Append("\nErrors are [problem details](http-api.md#errors), which say what each code means. Every call may answer:\n\n");
        WriteCodes(_everywhere, "[`{0}`](http-api.md#errors)");
        _text.Append("\n## Calls\n");
    }

    private void Write(ReferenceCall call)
    {
        var operation = call.First;
        var also = string.Join(", ", call.Forms.Skip(1).Select(f => $"`{f.Path}{QueryOf(operation.Path)}`"));
        _text.Append($"\n### {call.Title}\n\n{operation.Summary}{(also.Length == 0 ? "" : $" Also {also}.")}\n");
        var parameters = operation.Parameters.ToList();
        if (parameters.Count > 0)
        {
            _text.Append("\n| Parameter | In | Type | Meaning |\n|---|---|---|---|\n");
            foreach (var p in parameters)
            {
                var required = p.TryGetProperty("required", out var r) && r.GetBoolean() ? ", required" : "";
                _text.Append($"| `{p.GetProperty("name")}` | {p.GetProperty("in")}{required} | {TypeOf(p.GetProperty("schema"))} "
                    + $"| {Cell(p.TryGetProperty("description", out var d) ? d.GetString()! : "")} |\n");
            }
        }
        if (operation.Body is { } body)
        {
            var required = body.TryGetProperty("required", out var r) && r.GetBoolean() ? "required" : "optional";
            _text.Append($"\nBody ({required}): {Contents(body.GetProperty("content"))}.\n");
        }
        _text.Append("\n| Answer | |\n|---|---|\n");
        foreach (var (status, answer) in operation.Answers)
        {
            var content = answer.TryGetProperty("content", out var c) ? Contents(c) : "";
            var said = answer.GetProperty("description").GetString();
            // What the package says where nothing else is said.
            var when = said is null or "OK" ? "" : Cell(said);
            _text.Append($"| {status} | {string.Join(": ", new[] { content, when }.Where(static t => t.Length > 0))} |\n");
        }
        WriteRows(operation.Codes.Except(_everywhere), "`{0}`");
    }

    private void WriteBodies(JsonElement schemas)
    {
        _text.Append("\n## Bodies\n\nMembers without a value are missing in some answers and null in others; [http-api.md](http-api.md) "
            + "says which of a request are needed.\n");
        foreach (var schema in schemas.EnumerateObject().Where(static s => s.Value.TryGetProperty("properties", out _)).OrderBy(
            static s => s.Name, StringComparer.Ordinal))
        {
            _text.Append($"\n### {schema.Name}\n\n| Member | Type |\n|---|---|\n");
            foreach (var member in schema.Value.GetProperty("properties").EnumerateObject())
                _text.Append($"| `{member.Name}` | {TypeOf(member.Value)} |\n");
        }
    }

    private void WriteCodes(IEnumerable<(string Status, string Code)> codes, string form)
    {
        _text.Append("| Status | `code` |\n|---|---|\n");
        WriteRows(codes, form);
    }

    private void WriteRows(IEnumerable<(string Status, string Code)> codes, string form)
    {
        foreach (var group in codes.GroupBy(static c => c.Status).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            var names = group.Select(c => form.Replace("{0}", c.Code, StringComparison.Ordinal));
            _text.Append($"| {group.Key} | {string.Join(", ", names)} |\n");
        }
    }

    // "{stream}" in a path is "?stream=" in the query of its twin.
    private static string QueryOf(string path) =>
        string.Concat(PathName().Matches(path).Select((m, i) => $"{(i == 0 ? '?' : '&')}{m.Groups[1].Value}="));

    private static string Contents(JsonElement content)
    {
        var types = content.EnumerateObject().ToList();
        var shapes = types.Select(static t => t.Value.TryGetProperty("schema", out var s) ? TypeOf(s) : "anything").Distinct();
        return $"{string.Join(" or ", shapes)}, as {string.Join(" or ", types.Select(static t => $"`{t.Name}`"))}";
    }

    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference)) return Link(reference.GetString()!.Split('/')[^1]);
        foreach (var word in new[] { "oneOf", "anyOf" })
        {
            if (schema.TryGetProperty(word, out var some))
                return string.Join(" or ", some.EnumerateArray().Select(TypeOf).OrderBy(static t => t == "null"));
        }
        if (!schema.TryGetProperty("type", out var type)) return "anything";
        IEnumerable<JsonElement> types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray() : Enumerable.Repeat(type, 1);
        var names = types.Select(static t => t.GetString()!).Order(StringComparer.Ordinal).OrderBy(static t => t == "null").ToList();
        // A number that may also be written as text has both.
        if (names.Contains("integer")) names.Remove("string");
        if (schema.TryGetProperty("format", out var format) && format.GetString() is "date-time" or "binary")
            names[0] = format.GetString() == "binary" ? "bytes" : "time";
        if (schema.TryGetProperty("items", out var items)) names[names.IndexOf("array")] = $"array of {TypeOf(items)}";
        if (schema.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object)
            names[names.IndexOf("object")] = $"object with values of {TypeOf(values)}";
        return string.Join(" or ", names);
    }

    private static string Link(string name) => name switch
    {
        "Stream" => "bytes",
        "JsonElement" => "any JSON",
        _ => $"[{name}](#{name.ToLowerInvariant()})",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Anchor(string title) => Punctuation().Replace(title.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathName();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
