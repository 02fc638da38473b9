using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Writes JSON responses of bounded size in one piece, with <c>Content-Length</c>.</summary>
internal static class JsonAnswer
{
    /// <summary>Characters outside ASCII as they are: the answer is UTF-8 and never embedded in HTML.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public const string MediaType = "application/json";

    public static Task WriteAsync<T>(HttpContext context, int status, T value, Action<Utf8JsonWriter, T> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body, Options)) write(json, value);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        return ResponseBody.WriteAsync(context, body.WrittenSpan);
    }

    /// <summary>204, or a refusal.</summary>
    public static Task DoneAsync(HttpContext context, EdgeContext edge, HubFault? fault)
    {
        if (fault is not null) return edge.RefuseAsync(context, fault);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    /// <summary>The end of a list: where the next page begins, and whose answer is missing.</summary>
    public static void WritePageEnd<T>(this Utf8JsonWriter json, in Page<T> page)
    {
        json.WriteText("next", page.Next);
        json.WriteComplete(page.Missing, page.IsComplete);
    }

    /// <summary>Whether a list has everything, and the nodes that have not answered.</summary>
    public static void WriteComplete(this Utf8JsonWriter json, IReadOnlyList<string> missing, bool isComplete)
    {
        json.WriteBoolean("complete", isComplete);
        json.WriteTexts("missing", missing);
    }

    public static void WriteText(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is null) json.WriteNull(name);
        else json.WriteString(name, value);
    }

    public static void WriteDuration(this Utf8JsonWriter json, string name, TimeSpan? value) =>
        json.WriteText(name, value is { } duration ? Durations.Format(duration) : null);

    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
