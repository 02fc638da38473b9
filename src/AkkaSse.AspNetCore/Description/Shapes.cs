#pragma warning disable SA1649, CA1812 // Only their schema is used; what goes over the wire is written by hand.
using System.Text.Json;

namespace AkkaSse.AspNetCore;

internal sealed record SseProblem(string Type, string Title, int Status, string Detail, string Code);

internal sealed record SsePublished(
    string? Stream, string? Zone, bool? Broadcast, string? Id, long Offset, string Epoch, int LocalReaders, bool Duplicate);

internal sealed record SseSent(string Client, string? Zone);

internal sealed record SseBatchItem(
    string? Stream, string? Client, string? Zone, bool? Broadcast, string? Type, string? Data, JsonElement? Json, bool? Base64, string? Id,
    string? Comment, IDictionary<string, string>? Fields, string? Retry, string? IdempotencyKey, string? Ttl, string? Conflate);

internal sealed record SseBatchAnswer(
    int Status, string? Id, long? Offset, string? Epoch, bool? Duplicate, string? Client, string? Zone, string? Code, string? Detail,
    long? Line, long? Byte);

internal sealed record SseBatchAnswers(IReadOnlyList<SseBatchAnswer> Items, int Accepted, int Rejected);

internal sealed record SseStreamOptions(
    bool? Replay, long? MaxEvents, long? MaxBytes, string? MaxAge, string? Ttl, string? SlowReader, int? WaitBound, int? ConflateMaxKeys,
    long? ConflateMaxBytes, string? Ids, bool? Base64, int? MaxSubscribers, string? IdleRemoval);

internal sealed record SseStreamInfo(
    string Name, string Epoch, long Head, long First, long Bytes, int LocalReaders, bool Declared, DateTimeOffset? CreatedAt,
    SseStreamOptions Options);

internal sealed record SseStreamList(IReadOnlyList<SseStreamInfo> Streams, string? Next, bool Complete, IReadOnlyList<string> Missing);

internal sealed record SseHistoryEvent(
    string? Id, string? Eid, long Offset, string Epoch, DateTimeOffset At, string? Type, string? Data, string? Comment, long? Retry,
    IDictionary<string, string>? Fields);

internal sealed record SseHistory(
    string Stream, string State, string Epoch, long Head, long First, bool HasMore, string? Next, IReadOnlyList<SseHistoryEvent> Events);

internal sealed record SseClientInfo(
    string Id, string? Zone, string Node, DateTimeOffset ConnectedAt, IReadOnlyList<string> Streams, IReadOnlyList<string> ListenZones,
    string? Subject, string? Instance, string? Remote, string? Url, string? LastEventId);

internal sealed record SseClientList(IReadOnlyList<SseClientInfo> Clients, string? Next, bool Complete, IReadOnlyList<string> Missing);

internal sealed record SseSubscriptionChange(IReadOnlyList<JsonElement>? Add, IReadOnlyList<string>? Remove);

internal sealed record SseManagedSubscription(string Id, IReadOnlyList<string> Streams, string? KeepaliveInterval);

internal sealed record SseManagedSubscriptionInfo(
    string Id, IReadOnlyList<string> Streams, string? KeepaliveInterval, IDictionary<string, string> Positions);

internal sealed record SseNodeLoad(
    string Phase, string EngineState, int Connections, int Streams, long Published, long LogBytes, int Actors);

internal sealed record SseNode(string Name, string State, bool Self, DateTimeOffset StartedAt, string? Address, SseNodeLoad? Load);

internal sealed record SseCluster(
    string Node, string Engine, string EngineState, IReadOnlyList<SseNode> Nodes, bool Complete, IReadOnlyList<string> Missing);
