using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>
/// A whole request body in one piece of memory: the server's own receive buffer when the body came in one segment, else a pooled array.
/// Valid until <see cref="Release"/>, which must be called exactly once, and only after everybody is done with the memory.
/// </summary>
internal readonly struct RequestBody
{
    private readonly PipeReader? _reader;
    private readonly SequencePosition _end;
    private readonly byte[]? _rented;

    private RequestBody(ReadOnlyMemory<byte> memory, PipeReader reader, SequencePosition end)
    {
        Memory = memory;
        _reader = reader;
        _end = end;
    }

    private RequestBody(ReadOnlyMemory<byte> memory, byte[]? rented)
    {
        Memory = memory;
        _rented = rented;
    }

    private RequestBody(HubFault fault) => Fault = fault;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>Not null when there is no body to work with; nothing is to be released then.</summary>
    public HubFault? Fault { get; }

    /// <summary>Reads the body, refusing an encoded one (415) and a too large one at once (413).</summary>
    public static ValueTask<RequestBody> ReadAsync(HttpContext context, int limit)
    {
        var request = context.Request;
        if (Encoded(request) is { } encoded) return new(new RequestBody(encoded));

        var length = request.ContentLength;
        if (length > limit)
        {
            LiftServerLimit(context);
            return new(new RequestBody(HubFault.TooLarge(limit)));
        }

        // The server's own limit (30 MB) may be below the hub's.
        if (length is null || length > 1 << 20) LiftServerLimit(context);
        var reader = request.BodyReader;
        if (TryRead(reader, limit, out var body)) return new(body.Memory.Length == 0 ? body.IfThere(context) : body);
        return ReadAsync(context, reader, (int)(length ?? 0), limit);
    }

    /// <summary>
    /// 415 for a body that stands for another one; the server undoes chunks alone, and lets further transfer codings pass.
    /// </summary>
    public static HubFault? Encoded(HttpRequest request)
    {
        var content = request.Headers.ContentEncoding;
        if (content.Count > 0 && !content.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            return new HubFault(
                415, HubErrorCodes.EncodingUnsupported, "The body has a Content-Encoding; only bodies as they are, are allowed.");
        var transfer = request.Headers.TransferEncoding;
        return transfer.Count > 0 && !transfer.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase)
            ? new HubFault(415, HubErrorCodes.EncodingUnsupported,
                "The body has a Transfer-Encoding besides chunked; only bodies as they are, are allowed.")
            : null;
    }

    /// <summary>True when a body without a byte had some, which somebody before the hub has read.</summary>
    public static bool IsSpent(HttpContext context) =>
        context.Request.ContentLength > 0 || context.Features.Get<IFormFeature>()?.Form is not null;

    public static HubFault Spent() => HubFault.Body(
        "Nothing of the body that was sent is left: something before the hub has read it (middleware that reads forms, for example).");

    /// <summary>
    /// What an exception of reading a body says of the sender's bytes; false when it is not about them: the connection is gone or the
    /// request was cancelled. Framing and codings throw many types (Kestrel a plain IOException for a chunk size that overflows, Brotli an
    /// InvalidOperationException), so the other causes are told apart and not these.
    /// </summary>
    public static bool TryFault(Exception e, [NotNullWhen(true)] out HubFault? fault)
    {
        fault = e switch
        {
            BadHttpRequestException { StatusCode: 413 } => new(413, HubErrorCodes.BodyTooLarge, e.Message),
            BadHttpRequestException { StatusCode: 408 } => new(408, HubErrorCodes.BodyTimeout, e.Message),
            BadHttpRequestException => new(400, HubErrorCodes.BodyInvalid, e.Message),
            OperationCanceledException or ObjectDisposedException or OutOfMemoryException => null,
            ConnectionResetException or IOException { InnerException: SocketException } => null,
            _ => HubFault.Body($"The body cannot be read: {e.Message}"),
        };
        return fault is not null;
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        _reader?.AdvanceTo(_end);
    }

    // A small body mostly came in the same packet as the head.
    private static bool TryRead(PipeReader reader, int limit, out RequestBody body)
    {
        body = default;
        try
        {
            if (!reader.TryRead(out var result)) return false;
            if (result.IsCompleted && result.Buffer.IsSingleSegment && result.Buffer.Length <= limit)
            {
                body = new RequestBody(result.Buffer.First, reader, result.Buffer.End);
                return true;
            }

            // Looked at and left: the other way finds it again.
            reader.AdvanceTo(result.Buffer.Start);
            return false;
        }
        catch (Exception e) when (TryFault(e, out var fault))
        {
            body = new RequestBody(fault);
            return true;
        }
    }

    private static async ValueTask<RequestBody> ReadAsync(HttpContext context, PipeReader reader, int expected, int limit)
    {
        byte[]? rented = null;
        var filled = 0;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                if (filled + buffer.Length > limit)
                {
                    reader.AdvanceTo(buffer.End);
                    Return(ref rented);
                    return new RequestBody(HubFault.TooLarge(limit));
                }

                if (result.IsCompleted && rented is null && buffer.IsSingleSegment)
                    return new RequestBody(buffer.First, reader, buffer.End).IfThere(context);
                var size = (int)buffer.Length;
                if (rented is null || rented.Length < filled + size) Grow(ref rented, filled, Math.Max(expected, filled + size));
                buffer.CopyTo(rented.AsSpan(filled));
                filled += size;
                reader.AdvanceTo(buffer.End);
                if (result.IsCompleted) return new RequestBody(rented.AsMemory(0, filled), rented);
            }
        }
        catch (Exception e) when (TryFault(e, out var fault))
        {
            Return(ref rented);
            return new RequestBody(fault);
        }
        catch
        {
            Return(ref rented);
            throw;
        }
    }

    private RequestBody IfThere(HttpContext context)
    {
        if (Fault is not null || Memory.Length > 0 || !IsSpent(context)) return this;
        Release();
        return new RequestBody(Spent());
    }

    private static void LiftServerLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = null;
    }

    private static void Grow([NotNull] ref byte[]? rented, int filled, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, filled * 2));
        rented.AsSpan(0, filled).CopyTo(larger);
        Return(ref rented);
        rented = larger;
    }

    private static void Return(ref byte[]? rented)
    {
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        rented = null;
    }
}
