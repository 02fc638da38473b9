using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AkkaSse.Postgres;

/// <summary>Every name that this engine gives something in the database besides the tables of its schema.</summary>
internal static class PgNames
{
    /// <summary>
    /// The channel that carries heads: entries <c>hash:head</c>, or <c>hash:*</c> for "look at the stream's row", separated by spaces.
    /// </summary>
    internal const string HeadsChannel = "akkasse_heads";

    /// <summary>What the channels that wake one node begin with; the hash of its name follows.</summary>
    internal const string NodeChannelPrefix = "akkasse_node_";

    /// <summary>The advisory lock of migrations and of the check for new epochs: "akkasse" as a number.</summary>
    internal const long SchemaLock = 0x616B6B61737365;

    /// <summary>The job of deleting what retention lets go.</summary>
    internal const string RetentionJob = "retention";

    /// <summary>The job of moving the outbox into the logs.</summary>
    internal const string OutboxJob = "outbox";

    internal static string NodeChannel(string node) => NodeChannelPrefix + Text(HashOf(node));

    /// <summary>64 bits of a name. Two names with the same hash only wake each other.</summary>
    internal static long HashOf(string name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    internal static string Text(long hash) => hash.ToString("x16", CultureInfo.InvariantCulture);
}
