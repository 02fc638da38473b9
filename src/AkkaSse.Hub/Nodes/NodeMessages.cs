using System.Text.Json.Serialization;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// What one node asks another about a client it holds. One shape for all questions, so that the wire contract is one small listing.
/// </summary>
internal sealed record NodeRequest
{
    internal const string Send = "send";
    internal const string Disconnect = "disconnect";
    internal const string Inspect = "inspect";
    internal const string Change = "change";
    internal const string ListClients = "list";
    internal const string LoadOf = "load";
    /// <summary>With a generation: the connections of lower ones end, because another one has taken the subscription.</summary>
    internal const string EndManaged = "end-managed";
    internal const string SaveManaged = "save-managed";

    public required string Kind { get; init; }

    public string? Client { get; init; }

    public string? Zone { get; init; }

    public long Generation { get; init; }

    /// <summary>What is sent. Never part of the JSON, see <see cref="NodeWire"/>.</summary>
    [JsonIgnore]
    public SseEvent? Event { get; init; }

    public bool Reconnect { get; init; } = true;

    public string? Stream { get; init; }

    /// <summary>What the ids of listed clients begin with; null for all.</summary>
    public string? Prefix { get; init; }

    public string? After { get; init; }

    public int Limit { get; init; }

    public List<SubscriptionMessage>? Add { get; init; }

    public List<string>? Remove { get; init; }
}

/// <summary>The answer to a <see cref="NodeRequest"/>.</summary>
internal sealed record NodeReply
{
    /// <summary>How a send ended. Never part of the JSON, see <see cref="NodeWire"/>.</summary>
    [JsonIgnore]
    public SendStatus? Sent { get; init; }

    public string? Status { get; init; }

    public string? Error { get; init; }

    public ClientInfo? Client { get; init; }

    public List<ClientInfo>? Clients { get; init; }

    public bool More { get; init; }

    public NodeLoad? Load { get; init; }

    [JsonIgnore]
    internal bool IsNotConnected => Sent == SendStatus.NotConnected || Status == nameof(ClientCallStatus.NotConnected);
}

/// <summary>A stream to be added, with its start as <see cref="StartText"/> writes it.</summary>
internal sealed record SubscriptionMessage(string Stream, string? Since);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeRequest))]
[JsonSerializable(typeof(NodeReply))]
[JsonSerializable(typeof(ManagedSubscription))]
[JsonSerializable(typeof(StoredChange))]
internal sealed partial class NodeJson : JsonSerializerContext;

/// <summary>Changes to a client's subscriptions that outlive its connection.</summary>
internal sealed record StoredChange
{
    public string? Subject { get; init; }

    public List<string> Add { get; init; } = [];

    public List<string> Remove { get; init; } = [];
}
