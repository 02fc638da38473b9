using System.Text;
using Akka.Cluster.Sharding;

namespace AkkaSse.Cluster.Hosting;

/// <summary>A message to an entity: it carries the entity's name.</summary>
internal interface IEntityMessage : Wire.IWireMessage
{
    /// <summary>The entity's name; any text.</summary>
    string Entity { get; }
}

/// <summary>Tells regions where messages belong. The hash is part of the wire contract: nodes of two versions must agree on it.</summary>
internal sealed class EntityExtractor(int shards) : IMessageExtractor
{
    public string EntityId(object message) => (message as IEntityMessage)?.Entity!;

    public object EntityMessage(object message) => message;

    public string ShardId(object message) => EntityId(message) is { } id ? ShardOf(id) : null!;

    public string ShardId(string entityId, object? messageHint = null) => ShardOf(entityId);

    internal string ShardOf(string entity) => (Hash(entity) % (ulong)shards).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>FNV-1a over the name's UTF-8, mixed: its low bits alone are poor for names that differ in the last digit.</summary>
    internal static ulong Hash(string name)
    {
        var hash = 14695981039346656037UL;
        var count = Encoding.UTF8.GetByteCount(name);
        var bytes = count <= 1024 ? stackalloc byte[1024] : new byte[count];
        Encoding.UTF8.GetBytes(name, bytes);
        foreach (var b in bytes[..count]) hash = (hash ^ b) * 1099511628211UL;
        hash ^= hash >> 32;
        return hash * 0x9E3779B97F4A7C15UL >> 16;
    }
}
