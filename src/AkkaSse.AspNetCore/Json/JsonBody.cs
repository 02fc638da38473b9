using System.Text.Json;
using System.Text.Unicode;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Reads JSON request bodies strictly: UTF-8, no member twice, no member unknown; each fault names what is wrong and what is allowed.
/// </summary>
internal static class JsonBody
{
    // Names of 256 streams with 256 bytes each, six times for escapes, is below half of it.
    private const int MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads the body as a JSON object; null without a fault when the body is empty.</summary>
    public static async ValueTask<(JsonDocument? Document, HubFault? Fault)> ReadAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, MaxBytes).ConfigureAwait(false);
        if (body.Fault is { } fault) return (null, fault);
        try
        {
            if (body.Memory.Length == 0) return (null, null);
            if (!Utf8.IsValid(body.Memory.Span)) return (null, HubFault.Body("The body is not UTF-8."));
            if (!AreNamesUnicode(body.Memory.Span)) return (null, HubFault.Body("The name of a member is not valid Unicode."));
            // A copy, because the document outlives the receive buffer.
            var document = JsonDocument.Parse(body.Memory.ToArray(), Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return (document, null);
            document.Dispose();
            return (null, HubFault.Body("The body is not a JSON object."));
        }
        catch (JsonException e)
        {
            return (null, HubFault.Body("The body is not valid JSON: " + e.Message));
        }
        finally
        {
            body.Release();
        }
    }

    // An escaped surrogate without its partner: a document throws where a member's name is read.
    private static bool AreNamesUnicode(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\')) return true;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, ValueIsEscaped: true }) reader.GetString();
            }
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A name of a stream, zone, client or subscription.</summary>
    public static HubFault? Name(JsonElement element, string member, out string name)
    {
        if (Text(element, member, out name) is { } fault) return fault;
        return HubNames.Check(name) is { } wrong ? HubFault.Name($"{member}: {wrong}") : null;
    }

    /// <summary>Any text.</summary>
    public static HubFault? Text(JsonElement element, string member, out string text)
    {
        text = "";
        if (element.ValueKind != JsonValueKind.String) return HubFault.Body($"'{member}' is not a string.");
        try
        {
            text = element.GetString()!;
            return null;
        }
        catch (InvalidOperationException)
        {
            // An escaped surrogate without its partner.
            return HubFault.Body($"'{member}' is not valid Unicode.");
        }
    }

    /// <summary>A list of names.</summary>
    public static HubFault? Names(JsonElement element, string member, out List<string> names)
    {
        names = [];
        if (element.ValueKind != JsonValueKind.Array) return HubFault.Body($"'{member}' is not an array of strings.");
        // A body has room for 200 000 names: a look through the list for each would take minutes.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in element.EnumerateArray())
        {
            if (Name(item, member, out var name) is { } fault) return fault;
            if (seen.Add(name)) names.Add(name);
        }
        return null;
    }

    public static HubFault Unknown(string member, string allowed) => HubFault.Body($"'{member}' is not known here; {allowed} are allowed.");
}
