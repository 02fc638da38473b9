using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// Decides whether a reader may have a cursor in a stream, and where the cursor begins; given the engine, the stream table, the node's
/// state and options, and the clock. Thread-safe.
/// </summary>
internal sealed class CursorOpener(IHubEngine engine, StreamTable streams, HubState state, HubOptions options, TimeProvider time)
{
    /// <summary>
    /// A cursor, counted as a reader of its stream; or the refusal; or neither, for one of several streams that was removed.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="named">How many streams the reader names; 0 for a stream of the hub's own.</param>
    /// <param name="start">Says where the reader starts.</param>
    /// <param name="acquired">Gets the stream's actor, which the caller gives back.</param>
    /// <param name="cancellation">Cancels the call.</param>
    internal async ValueTask<(Cursor? Cursor, Admission? Refused)> OpenAsync(
        string stream, int named, Func<StreamLog, ReaderStart> start, List<StreamActor> acquired, CancellationToken cancellation)
    {
        var isInternal = HubNames.IsInternal(stream);
        if (await streams.AcquireAsync(stream, cancellation).ConfigureAwait(false) is not { } actor)
            return (null, Limit($"{options.MaxPlaceholders} streams that do not exist are waited for, the most allowed."));
        acquired.Add(actor);
        if (!isInternal && !actor.Exists)
        {
            // The engine may answer later than the caller waits.
            var answer = await engine.Streams.WasRemovedAsync(stream, cancellation).AsTask().WaitAsync(cancellation).ConfigureAwait(false);
            if (!answer.TryGet(out var wasRemoved))
            {
                return (null, new Admission(AdmissionStatus.Unavailable)
                {
                    Error = $"Nobody can say now whether the stream '{stream}' was removed.",
                    RetryAfter = state.RefusalRetry(),
                });
            }
            if (wasRemoved)
            {
                if (named == 1) return (null, new Admission(AdmissionStatus.Removed) { Error = $"The stream '{stream}' was removed." });
                acquired.Remove(actor);
                streams.Release(actor);
                return (null, null);
            }
            if (!options.AutoCreate)
                return (null, new Admission(AdmissionStatus.NoStream) { Error = $"The stream '{stream}' does not exist." });
        }
        if (actor.Shared is { } shared && !shared.TryAdmit())
            return (null, Limit($"The namespace '{shared.Prefix}' has as many readers here as it may."));
        if (!actor.TryAdmit(isInternal ? null : actor.Log.Options.MaxSubscribers))
        {
            actor.Shared?.Discharge();
            return (null, Limit($"The stream '{stream}' has as many readers here as it may."));
        }
        var reader = start(actor.Log);
        if (actor.Remote is { } remote)
        {
            try
            {
                reader = await LookUpAsync(remote, reader, cancellation).ConfigureAwait(false);
            }
            catch
            {
                actor.Discharge();
                throw;
            }
        }
        return (Cursor.Open(actor, reader, time.GetUtcNow().ToUnixTimeMilliseconds()), null);
    }

    private Admission Limit(string error) => new(AdmissionStatus.LimitReached) { Error = error, RetryAfter = state.RefusalRetry() };

    // Starts that only the engine's whole log can place: a time, or a publisher's id that is not in the local part.
    private async ValueTask<ReaderStart> LookUpAsync(IRemoteAttachment remote, ReaderStart reader, CancellationToken cancellation)
    {
        if (reader.LookupId is { } id)
        {
            return await remote.FindIdAsync(id, cancellation).ConfigureAwait(false) is { } found
                ? new ReaderStart(StartPosition.After(found), false, reader.Fallback)
                : reader;
        }
        if (reader.UnknownId || reader.Token is not null || reader.Decimal is not null || !remote.Log.Options.Replay) return reader;
        DateTimeOffset? begin = reader.Start.Kind switch
        {
            StartKind.Age => time.GetUtcNow() - reader.Start.Age,
            StartKind.Time => reader.Start.Time,
            _ => null,
        };
        return begin is { } at ? reader with { Next = await remote.FirstAtAsync(at, cancellation).ConfigureAwait(false) } : reader;
    }
}
