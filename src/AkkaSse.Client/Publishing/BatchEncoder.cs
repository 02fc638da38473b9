using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AkkaSse.Client;

/// <summary>Writes batches as JSON lines. For one caller at a time.</summary>
internal sealed class BatchEncoder
{
    // The body is read by a hub, not by a browser: nothing beyond what JSON demands is escaped.
    private static readonly JsonWriterOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);
    private readonly Utf8JsonWriter _json;

    public BatchEncoder() => _json = new Utf8JsonWriter(_buffer, Relaxed);

    /// <summary>The body so far; valid until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Add(in SseBatchItem item)
    {
        _json.Reset();
        _json.WriteStartObject();
        WriteText("stream"u8, item.Stream);
        WriteText("zone"u8, item.Zone);
        WriteText("client"u8, item.Client);
        if (item.Broadcast)
        {
            _json.WriteBoolean("broadcast"u8, true);
        }

        var e = item.Event;
        WriteText("type"u8, e.Type);
        if (e.DataBytes is { } data)
        {
            _json.WriteString("data"u8, data.Span);
        }

        WriteText("id"u8, e.Id);
        WriteText("comment"u8, e.Comment);
        if (e.Retry is { } retry)
        {
            _json.WriteNumber("retry"u8, (long)retry.TotalMilliseconds);
        }

        WriteText("conflate"u8, item.Options.ConflateKey);
        if (item.Options.Ttl is { } ttl)
        {
            _json.WriteString("ttl"u8, Milliseconds(ttl));
        }

        WriteText("idempotencyKey"u8, item.Options.IdempotencyKey);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    /// <summary>A duration as the API reads it.</summary>
    public static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";

    private void WriteText(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }
}
