using AkkaSse.Hub.Engine;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Values;

/// <summary>
/// Registrations, which end with the process as the connections do, and refusals, which outlive it: what was refused is in the store.
/// </summary>
internal sealed class DurableClaims(IClaimEngine memory, TimeProvider time) : IClaimEngine
{
    private const char Separator = '\n';

    private StoreWriter _writer = null!;

    public bool IsNodeLocal => true;

    internal async ValueTask StartAsync(StoreWriter writer, IEnumerable<StoredRecord> records, CancellationToken cancellation)
    {
        _writer = writer;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var stored in records)
        {
            var parts = stored.Key.Split(Separator, 3);
            if (stored.Kind != RecordKind.Refusal || stored.Until <= now || parts.Length < 2) continue;
            await memory.RefuseAsync(parts[0], parts[1], parts.Length == 3 ? parts[2] : null,
                TimeSpan.FromMilliseconds(stored.Until - now), cancellation).ConfigureAwait(false);
        }
    }

    public ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation) =>
        memory.ClaimAsync(request, cancellation);

    public ValueTask ReleaseAsync(string zone, string client, long generation) => memory.ReleaseAsync(zone, client, generation);

    public ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(string? zone, string client, CancellationToken cancellation) =>
        memory.LocateAsync(zone, client, cancellation);

    public async ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan span, CancellationToken cancellation)
    {
        // In memory at once: the connection that is refused may come back before the disk has answered.
        await memory.RefuseAsync(zone, client, instance, span, cancellation).ConfigureAwait(false);
        // Names and instances hold no control characters.
        var key = instance is null ? $"{zone}{Separator}{client}" : $"{zone}{Separator}{client}{Separator}{instance}";
        var command = new RefusalCommand(key, (long)span.TotalMilliseconds);
        if (_writer.TryAdd(command)) await command.Done.ConfigureAwait(false);
    }

    public ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation) =>
        memory.IsRefusedAsync(zone, client, instance, cancellation);

    private sealed class RefusalCommand(string key, long span) : StoreCommand
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Done => _done.Task;

        internal override bool Decide(StoreTurn turn)
        {
            turn.Batch.PutRecord(RecordKind.Refusal, key, turn.Now + span, default);
            return true;
        }

        internal override void Applied(StoreTurn turn) => _done.TrySetResult();

        // It holds in this process; a restart while the disk is full forgets it.
        internal override void Failed(Exception fault) => _done.TrySetResult();
    }
}
