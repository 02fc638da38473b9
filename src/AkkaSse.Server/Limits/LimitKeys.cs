using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Security;

namespace AkkaSse.Server.Limits;

/// <summary>What counts as one address: an IPv6 host has at least a /64 to choose addresses from.</summary>
internal readonly record struct AddressKey(ulong Network, ulong Host)
{
    // Neither an IPv4 address nor an IPv6 network has them.
    private const ulong IPv4 = 1UL << 32;
    private const ulong None = 1UL << 33;

    /// <param name="remote">The peer, or whom a known proxy names; null for a Unix socket.</param>
    internal static AddressKey Of(IPAddress? remote)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (remote is null || !remote.TryWriteBytes(bytes, out _)) return new AddressKey(0, None);
        if (remote.IsIPv4MappedToIPv6) bytes = bytes[12..];
        else if (remote.AddressFamily != AddressFamily.InterNetwork) return new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), 0);
        return new AddressKey(0, IPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }
}

/// <summary>What is published to or read: a stream, a zone (<paramref name="Kind"/> z) or the broadcasts (b).</summary>
/// <param name="Kind">0 for nothing that is counted: a client's inbox.</param>
/// <param name="Name">Of the stream or zone.</param>
internal readonly record struct StreamKey(char Kind, string Name)
{
    /// <summary>The kind of a stream.</summary>
    internal const char StreamKind = 's';

    /// <summary>The kind of a zone.</summary>
    internal const char ZoneKind = 'z';

    internal static StreamKey Stream(string name) => new(StreamKind, name);

    internal static StreamKey TargetOf(in HubAccessRequest request)
    {
        if (request.Stream is { } stream) return Stream(stream);
        if (request.Client is not null) return default;
        return request.Zone is { } zone ? new StreamKey(ZoneKind, zone) : new StreamKey('b', "");
    }
}

/// <summary>A subject as nodes tell each other of it: the first half of its SHA-256.</summary>
internal readonly record struct SubjectKey(long First, long Second)
{
    internal static SubjectKey Of(string subject)
    {
        var hash = SecretHash.Of(subject);
        return new SubjectKey(hash.First, hash.Second);
    }
}
