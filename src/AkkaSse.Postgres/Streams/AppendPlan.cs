using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>A key that is remembered.</summary>
internal readonly record struct KnownKey(long Hash, string Epoch, long Offset, bool HasOffset);

/// <summary>
/// What a commit writes, decided from locked rows and known keys. Pure: no clock, no I/O. Answers are held back until the commit's answer is there.
/// </summary>
internal sealed class AppendPlan(long now, HubOptions options)
{
    private readonly Dictionary<(string Stream, string Principal, string Key), KnownKey> _keys = [];
    private readonly List<(PendingAppend Append, AppendResult[] Answers)> _answers = [];
    private readonly Dictionary<string, StreamChange> _changes = new(StringComparer.Ordinal);

    internal IReadOnlyCollection<StreamChange> Changes => _changes.Values;

    internal List<NewKey> NewKeys { get; } = [];

    internal bool HasWrites => NewKeys.Count > 0 || _changes.Values.Any(static c => c.Events.Count > 0 || c.Revived);

    /// <summary>Publishes of one event each that were decided against, with the reason.</summary>
    internal IEnumerable<(PendingAppend Append, string Reason)> Refused =>
        _answers.Where(static a => a.Answers[0].Status != PublishStatus.Accepted).Select(static a => (a.Append, a.Answers[0].Error ?? a.Answers[0].Status.ToString()));

    internal void Know(string stream, string principal, string key, KnownKey known) => _keys[(stream, principal, key)] = known;

    /// <summary>Decides one publish. The row is null when the stream does not exist and may not be created.</summary>
    internal void Add(PendingAppend append, StreamRow? row)
    {
        var answers = new AppendResult[append.Items.Length];
        _answers.Add((append, answers));
        for (var i = 0; i < answers.Length; i++) answers[i] = Decide(append.Stream, append.Items.Span[i], row);
    }

    /// <summary>The commit is done: everybody gets the answer.</summary>
    internal void Complete()
    {
        foreach (var (append, answers) in _answers)
        {
            answers.CopyTo(append.Results);
            append.Done.TrySetResult();
        }
    }

    private AppendResult Decide(string stream, in AppendItem item, StreamRow? row)
    {
        if (row is null || (!row.Present && !MayCreate(stream, item)))
        {
            var transient = EventRules.IsTransient(item.Event) && MayCreate(stream, item);
            return new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst)
            {
                Error = transient ? $"The stream '{stream}' does not exist, and an event without data creates none." : $"The stream '{stream}' does not exist.",
            };
        }
        var head = new StreamPosition(row.Epoch, row.Head);
        if (!row.Present && EventRules.IsTransient(item.Event) && stream[0] != '$')
            return new AppendResult(PublishStatus.NoStream, head) { Error = $"The stream '{stream}' does not exist, and an event without data creates none." };
        if (EventRules.CheckFor(item.Event, row.Options) is { } fault) return new AppendResult(PublishStatus.Invalid, head) { Error = fault };
        var callerId = item.Event.Id is { } id && item.Event.HasData && (row.Options.Ids == StreamIds.Caller || id.Length == 0) ? id : null;
        var shown = string.IsNullOrEmpty(callerId) ? null : callerId;
        var principal = item.Options.Principal ?? "";
        var hash = 0L;
        if (item.Options.IdempotencyKey is { } key)
        {
            hash = unchecked((long)EventHash.Of(new ReadOnlySpan<AppendItem>(in item)));
            if (_keys.TryGetValue((stream, principal, key), out var known))
            {
                return known.Hash == hash
                    ? new AppendResult(PublishStatus.Accepted, new StreamPosition(known.Epoch, known.Offset)) { HasOffset = known.HasOffset, Duplicate = true, CallerId = shown }
                    : new AppendResult(PublishStatus.KeyConflict, head) { Error = "The idempotency key was used with another event; use a new key." };
            }
            if (row.Keys >= options.MaxIdempotencyKeys)
                return new AppendResult(PublishStatus.KeyTableFull, head) { Error = $"{options.MaxIdempotencyKeys} idempotency keys are kept and none may be forgotten yet; try again later or without a key." };
        }
        if (!_changes.TryGetValue(stream, out var change)) _changes[stream] = change = new StreamChange(row);
        if (!row.Present)
        {
            row.Present = true;
            row.Options = stream[0] == '$' ? options.ZoneStreams : options.StreamDefaults;
            change.Revived = true;
        }
        AppendResult result;
        if (EventRules.IsTransient(item.Event))
        {
            change.Transients.Add(item.Event);
            result = new AppendResult(PublishStatus.Accepted, head);
        }
        else
        {
            var e = row.Options.Base64 ? SseBase64.Encode(item.Event) : item.Event;
            row.Head++;
            change.Bytes += 64 + (e.DataBytes?.Length ?? 0);
            change.Events.Add(new StoredEvent(row.Head, now, e)
            {
                CallerId = callerId is not null,
                ConflateKey = item.Options.ConflateKey,
                Expiry = item.Options.Ttl is { } ttl ? now + Math.Max(1, (long)ttl.TotalMilliseconds) : 0,
            });
            result = new AppendResult(PublishStatus.Accepted, new StreamPosition(row.Epoch, row.Head)) { HasOffset = true, CallerId = shown };
        }
        if (item.Options.IdempotencyKey is { } remembered)
        {
            row.Keys++;
            change.Keys++;
            _keys[(stream, principal, remembered)] = new KnownKey(hash, row.Epoch, result.Position.Offset, result.HasOffset);
            NewKeys.Add(new NewKey(row.Id, principal, remembered, _keys[(stream, principal, remembered)]));
        }
        return result;
    }

    private bool MayCreate(string stream, in AppendItem item) => stream[0] == '$' || (item.Options.CreateStream ?? options.AutoCreate);
}

/// <summary>A key to be written.</summary>
internal readonly record struct NewKey(long Stream, string Principal, string Key, KnownKey Known);

/// <summary>What a commit does to one stream. The row's head is moved on.</summary>
internal sealed class StreamChange(StreamRow row)
{
    internal StreamRow Row { get; } = row;

    internal bool Revived { get; set; }

    internal long Bytes { get; set; }

    internal int Keys { get; set; }

    /// <summary>In the engine's time.</summary>
    internal List<StoredEvent> Events { get; } = [];

    internal List<SseEvent> Transients { get; } = [];
}
