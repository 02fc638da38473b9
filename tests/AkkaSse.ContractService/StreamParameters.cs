using System.Text.Json;

namespace AkkaSse.ContractService;

/// <summary>What the harness asks for when it starts a client.</summary>
internal sealed record StreamParameters
{
    private const string BrowserTag = "wpt/";

    public required Uri StreamUrl { get; init; }

    public required string CallbackUrl { get; init; }

    public TimeSpan? InitialDelay { get; init; }

    public TimeSpan? ReadTimeout { get; init; }

    public string LastEventId { get; init; } = "";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public string? Body { get; init; }

    /// <summary>Behave as a browser's EventSource does, and say more.</summary>
    public bool Browser { get; init; }

    /// <summary>Reads the request's body.</summary>
    /// <returns>The parameters, or what is wrong with them.</returns>
    public static (StreamParameters? Parameters, string? Error) Read(JsonElement? body)
    {
        if (body is not { ValueKind: JsonValueKind.Object } root)
        {
            return (null, "The body is not a JSON object.");
        }

        try
        {
            return (new StreamParameters
            {
                StreamUrl = Url(root, "streamUrl"),
                CallbackUrl = Url(root, "callbackUrl").OriginalString.TrimEnd('/'),
                InitialDelay = Milliseconds(root, "initialDelayMs", 0),
                ReadTimeout = Milliseconds(root, "readTimeoutMs", 1),
                LastEventId = Text(root, "lastEventId") ?? "",
                Headers = ReadHeaders(root),
                Method = Text(root, "method") is { } method ? new HttpMethod(method) : HttpMethod.Get,
                Body = Text(root, "body"),
                Browser = Text(root, "tag")?.StartsWith(BrowserTag, StringComparison.Ordinal) == true,
            }, null);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return (null, e.Message);
        }
    }

    private static Uri Url(JsonElement root, string name) =>
        Uri.TryCreate(Text(root, name), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new FormatException($"{name} must be an http or https URL.");

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) switch
    {
        false => null,
        true when value.ValueKind == JsonValueKind.Null => null,
        true when value.ValueKind == JsonValueKind.String => value.GetString(),
        _ => throw new FormatException($"{name} must be a string."),
    };

    private static TimeSpan? Milliseconds(JsonElement root, string name, int least)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n >= least
            ? TimeSpan.FromMilliseconds(n)
            : throw new FormatException($"{name} must be a whole number of milliseconds, at least {least}.");
    }

    private static Dictionary<string, string> ReadHeaders(JsonElement root)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!root.TryGetProperty("headers", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return headers;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("headers must be an object.");
        }

        foreach (var header in value.EnumerateObject())
        {
            headers[header.Name] = header.Value.ValueKind == JsonValueKind.String
                ? header.Value.GetString()!
                : throw new FormatException($"The header {header.Name} must be a string.");
        }

        return headers;
    }
}
