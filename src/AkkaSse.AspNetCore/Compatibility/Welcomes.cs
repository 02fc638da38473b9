using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.AspNetCore;

/// <summary>Puts the welcome into a connection's request, so that the hub writes it before everything else (ZON-10).</summary>
internal static class Welcomes
{
    // 128 bits, 22 characters.
    private const int IdBytes = 16;

    public static SubscribeRequest Add(SubscribeRequest request, SseCompatibilityOptions options)
    {
        if (options.Welcome is not { } make) return request;
        // The welcome names the client, so a client that chose no id gets one here and not from the hub.
        var client = request.ClientId ?? NewId();
        var welcome = make(request.Zone!, client) ?? throw new InvalidOperationException(
            $"{nameof(SseCompatibilityOptions)}.{nameof(SseCompatibilityOptions.Welcome)} returned null.");
        var bytes = new ArrayBufferWriter<byte>();
        SseEncoder.Write(bytes, new SseEvent(welcome) { Id = null });
        return request with { ClientId = client, Welcome = bytes.WrittenMemory };
    }

    /// <summary>An id that nobody can guess.</summary>
    public static string NewId()
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
