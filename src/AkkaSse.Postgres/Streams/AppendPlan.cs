using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// What a commit writes, decided from locked rows and known keys. Pure: no clock, no I/O. Answers are held back until the commit's answer
/// is there.
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
        _answers.Where(static a => a.Answers[0].Status != PublishStatus.Accepted).Select(
            static a => (a.Append, a.Answers[0].Error ?? a.Answers[0].Status.ToString()));

    internal void Know(string stream, string principal, string key, KnownKey known) => _keys[(stream, principal, key)] = known;

    /// <summary>Decides one publish. The row is null when the stream does not exist and may not be created.</summary>
    internal void Add(PendingAppend append, StreamRow? row)
    {
        var answers = new AppendResult[append.Items.Length];
        _answers.Add((append, answers));
        var items = append.Items.Span;
        for (var i = 0; i < answers.Length;)
        {
            var end = KeyedRun.End(items, i);
            if (items[i].Options is { KeyCoversRun: true, IdempotencyKey: not null })
                DecideRun(append.Stream, items[i..end], row, answers.AsSpan(i, end - i));
            else
                answers[i] = Decide(append.Stream, items[i], row);
            i = end;
        }
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
        if (Refuse(stream, item, row) is { } refused) return refused;
        if (item.Options.IdempotencyKey is null) return Append(stream, item, row!);
        var hash = unchecked((long)EventHash.Of(new ReadOnlySpan<AppendItem>(in item)));
        if (Find(stream, item.Options, hash, row!) is { } known)
            return known with { CallerId = known.Duplicate ? ShownId(item.Event, row!.Options) : null };
        var result = Append(stream, item, row!);
        Remember(stream, item.Options, row!, new KnownKey(hash, row!.Epoch, result.Position.Offset, result.HasOffset));
        return result;
    }

    // One entry for all of a run: the positions of a repeated one follow from the first, because the same run (by its hash) has data at the
    // same places.
    private void DecideRun(string stream, ReadOnlySpan<AppendItem> run, StreamRow? row, Span<AppendResult> answers)
    {
        if (row is null || (!row.Present && !MayCreate(stream, run[0])))
        {
            for (var k = 0; k < run.Length; k++) answers[k] = Decide(stream, run[k], null);
            return;
        }
        var hash = unchecked((long)EventHash.Of(run));
        var known = Find(stream, run[0].Options, hash, row);
        if (known is { Duplicate: false } refused)
        {
            answers.Fill(refused);
            return;
        }
        var first = known?.Position ?? new StreamPosition(row.Epoch, row.Head + 1);
        var next = first.Offset;
        var accepted = false;
        for (var k = 0; k < run.Length; k++)
        {
            if (Refuse(stream, run[k], row) is { } no)
            {
                answers[k] = no;
                continue;
            }
            var transient = EventRules.IsTransient(run[k].Event);
            answers[k] = known is null ? Append(stream, run[k], row)
                : new AppendResult(PublishStatus.Accepted, first with { Offset = transient ? next - 1 : next })
                  {
                      HasOffset = !transient,
                      Duplicate = true,
                      CallerId = ShownId(run[k].Event, row.Options),
                  };
            if (!transient) next++;
            accepted = true;
        }
        if (known is null && accepted)
            Remember(stream, run[0].Options, row, new KnownKey(hash, first.Epoch, first.Offset, HasOffset: true));
    }

    // What can be said against an item whatever its key; null: nothing, and the row is there.
    private AppendResult? Refuse(string stream, in AppendItem item, StreamRow? row)
    {
        if (row is null || (!row.Present && !MayCreate(stream, item)))
        {
            var transient = EventRules.IsTransient(item.Event) && MayCreate(stream, item);
            return new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst)
            {
                Error = transient ? $"The stream '{stream}' does not exist, and an event without data creates none."
                    : $"The stream '{stream}' does not exist.",
            };
        }
        var head = new StreamPosition(row.Epoch, row.Head);
        if (!row.Present && EventRules.IsTransient(item.Event) && stream[0] != '$')
            return new AppendResult(PublishStatus.NoStream, head)
            {
                Error = $"The stream '{stream}' does not exist, and an event without data creates none.",
            };
        return EventRules.CheckFor(item.Event, row.Options) is { } fault
            ? new AppendResult(PublishStatus.Invalid, head) { Error = fault }
            : null;
    }

    // The first answer to a key, or why it cannot be used; null: it is new, and there is space.
    private AppendResult? Find(string stream, in PublishOptions publish, long hash, StreamRow row)
    {
        var head = new StreamPosition(row.Epoch, row.Head);
        if (_keys.TryGetValue((stream, PrincipalOf(publish), publish.IdempotencyKey!), out var known))
        {
            return known.Hash == hash
                ? new AppendResult(PublishStatus.Accepted, new StreamPosition(known.Epoch, known.Offset))
                  {
                      HasOffset = known.HasOffset,
                      Duplicate = true,
                  }
                : new AppendResult(PublishStatus.KeyConflict, head)
                  {
                      Error = "The idempotency key was used with another event; use a new key.",
                  };
        }
        return row.Keys < options.MaxIdempotencyKeys ? null
            : new AppendResult(PublishStatus.KeyTableFull, head)
              {
                  Error = $"{options.MaxIdempotencyKeys} idempotency keys are kept and none may be forgotten yet; try again later or " +
                      "without a key.",
              };
    }

    private AppendResult Append(string stream, in AppendItem item, StreamRow row)
    {
        var change = ChangeOf(stream, row);
        if (!row.Present)
        {
            row.Present = true;
            row.Options = options.DefaultsOf(stream);
            change.Revived = true;
        }
        if (EventRules.IsTransient(item.Event))
        {
            change.Transients.Add(item.Event);
            return new AppendResult(PublishStatus.Accepted, new StreamPosition(row.Epoch, row.Head));
        }
        row.Head++;
        var stored = StoredEvent.Of(item, row.Head, now, row.Options.Ids, row.Options.Base64);
        change.Bytes += StoredRow.Overhead + (stored.Event.DataBytes?.Length ?? 0);
        change.Events.Add(stored);
        return new AppendResult(PublishStatus.Accepted, new StreamPosition(row.Epoch, row.Head))
        {
            HasOffset = true,
            CallerId = ShownId(item.Event, row.Options),
        };
    }

    private void Remember(string stream, in PublishOptions options, StreamRow row, KnownKey key)
    {
        row.Keys++;
        ChangeOf(stream, row).Keys++;
        var principal = PrincipalOf(options);
        _keys[(stream, principal, options.IdempotencyKey!)] = key;
        NewKeys.Add(new NewKey(row.Id, principal, options.IdempotencyKey!, key));
    }

    private StreamChange ChangeOf(string stream, StreamRow row)
    {
        if (!_changes.TryGetValue(stream, out var change)) _changes[stream] = change = new StreamChange(row);
        return change;
    }

    /// <summary>Whose key it is, as it is stored.</summary>
    internal static string PrincipalOf(in PublishOptions options) => PgText.Storable(options.Principal ?? "");

    private static string? ShownId(SseEvent e, StreamOptions options) =>
        EventRules.IsCallerId(e, options.Ids) && e.Id!.Length > 0 ? e.Id : null;

    private bool MayCreate(string stream, in AppendItem item) => stream[0] == '$' || (item.Options.CreateStream ?? options.AutoCreate);
}
