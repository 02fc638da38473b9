using System.Text;
using System.Text.Json;

namespace AkkaSse.Testing;

/// <summary>A response as it came.</summary>
public sealed record RawResponse(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The value of a header, several joined by a comma; null when absent.</summary>
    public string? Header(string name)
    {
        var values = Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).ToList();
        return values.Count == 0 ? null : string.Join(", ", values);
    }

    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The member <c>code</c> of a problem; null when the body is none.</summary>
    public string? Code =>
        Header("Content-Type") == "application/problem+json" && Json.TryGetProperty("code", out var code) ? code.GetString() : null;
}

/// <summary>Single requests with an exact request target, each on a connection of its own.</summary>
public static class RawHttp
{
    /// <summary>Sends a request and reads the whole response.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="method">The method.</param>
    /// <param name="target">The request target exactly as it stands in the request line.</param>
    /// <param name="body">The body; null sends none and no Content-Length.</param>
    /// <param name="headers">Header lines without line ends.</param>
    public static async Task<RawResponse> SendAsync(
        Uri server, string method, string target, byte[]? body = null, params IEnumerable<string> headers)
    {
        await using var connection = await RawConnection.OpenAsync(server).ConfigureAwait(false);
        var lines = headers.Append("Connection: close").ToList();
        if (body is not null) lines.Add($"Content-Length: {body.Length}");
        await connection.WriteHeadAsync(method, target, lines).ConfigureAwait(false);
        if (body is { Length: > 0 }) await connection.WriteAsync(body).ConfigureAwait(false);
        var head = await connection.ReadHeadAsync(method).ConfigureAwait(false);
        return head with { Body = await connection.ReadBodyToEndAsync().ConfigureAwait(false) };
    }

    /// <summary>GET.</summary>
    public static Task<RawResponse> GetAsync(Uri server, string target, params IEnumerable<string> headers) =>
        SendAsync(server, "GET", target, null, headers);

    /// <summary>POST with a text as UTF-8.</summary>
    public static Task<RawResponse> PostAsync(Uri server, string target, string body, params IEnumerable<string> headers) =>
        SendAsync(server, "POST", target, Encoding.UTF8.GetBytes(body), headers);
}
