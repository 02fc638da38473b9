namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>Creating, removing, listing and sweeping.</summary>
internal sealed partial class InProcessStreams
{
    public ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        if (_stopped) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub has stopped."));
        InProcessStream? s;
        bool created;
        var changed = false;
        lock (_directory)
        {
            created = TryCreate(stream, options, declared: true, out s, out var limit);
            if (limit is not null) return new(new CreateStreamResult(CreateStreamStatus.LimitReached, null, limit));
            s!.Declared = true;
            if (!created && options is not null && options != s.Log.Options)
            {
                s.Log.SetOptions(options, Now);
                changed = true;
            }
        }
        s.Sink?.OnChanged();
        return new(new CreateStreamResult(
            created ? CreateStreamStatus.Created : changed ? CreateStreamStatus.Updated : CreateStreamStatus.Unchanged, Info(s)));
    }

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_directory) return EngineAnswer.Of(Remove(stream, isExplicit: true));
    }

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        if (!_streams.TryGetValue(stream, out var s) || !s.Exists) return EngineAnswer.Of(false);
        s.Log.Clear();
        s.Sink?.OnChanged();
        return EngineAnswer.Of(true);
    }

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation) =>
        _stopped ? default : EngineAnswer.Of(_streams.TryGetValue(stream, out var s) && s.Exists);

    public ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation) =>
        _stopped ? default : EngineAnswer.Of(_streams.TryGetValue(stream, out var s) && s.Exists && !s.Removed ? Info(s) : null);

    public ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_directory)
        {
            return EngineAnswer.Of(NamePage.Of(
                _names, prefix, after, limit, name => _streams.TryGetValue(name, out var s) && s.Exists ? Info(s) : null));
        }
    }

    internal void Sweep()
    {
        var now = Now;
        foreach (var (_, s) in _streams)
        {
            s.Log.TrimByAge(now);
            if (s.Keys is not null)
            {
                lock (s.Log.SyncRoot) s.Keys.Expire(now);
            }
            if (s.Exists && !s.Declared && s.Sink is null && s.Log.Count == 0 && s.Keys is not { Count: > 0 }
                && s.Log.Options.IdleRemoval is { } idle && now - s.LastActivity > (long)idle.TotalMilliseconds)
            {
                lock (_directory)
                {
                    if (s.Sink is null && s.Log.Count == 0 && s.Keys is not { Count: > 0 }
                        && now - s.LastActivity > (long)idle.TotalMilliseconds)
                        Remove(s.Name, isExplicit: false);
                }
            }
        }
        lock (_directory)
        {
            var kept = (long)Epochs.KeptAfterRemoval.TotalMilliseconds;
            while (_tombstoneOrder.TryPeek(out var oldest) && now - oldest.At > kept) ForgetTombstone();
        }
        Budget.Shrink(_streams.Select(static s => s.Value.Log), now);
    }

    // Under the directory's lock. Created: true; it existed: false with the stream; no place: false without, and why.
    private bool TryCreate(string name, StreamOptions? options, bool declared, out InProcessStream? stream, out string? limit)
    {
        limit = null;
        if (_streams.TryGetValue(name, out stream) && stream.Exists) return false;
        limit = _existing >= _host.Options.MaxStreams && !StreamRules.HasItsPlace(name)
            ? $"There are {_host.Options.MaxStreams} streams, the most allowed."
            : _counts.Refusal(name);
        if (limit is not null)
        {
            stream = null;
            return false;
        }
        stream ??= _streams.GetOrAdd(name, static (n, self) => self.NewStream(n), this);
        if (options is not null) stream.Log.SetOptions(options, Now);
        if (_tombstones.Remove(name, out var left))
        {
            if (stream.Log.Current is null) stream.Log.Begin(left.Epoch, left.Base, left.Head, left.IdBase);
        }
        else if (stream.Log.Current is null)
        {
            stream.Log.Begin(_epoch, 0, 0, _idBase);
        }
        stream.CreatedAt = _host.Time.GetUtcNow();
        stream.LastActivity = Now;
        stream.Declared = declared;
        stream.Exists = true;
        _existing++;
        _counts.Created(name);
        if (name[0] != '$') _names.Add(name);
        return true;
    }

    // Under the directory's lock.
    private bool Remove(string name, bool isExplicit)
    {
        if (!_streams.TryGetValue(name, out var s) || !s.Exists) return false;
        IStreamSink? sink;
        lock (s.Log.SyncRoot)
        {
            s.Removed = true;
            s.Exists = false;
            sink = s.Sink;
        }
        _existing--;
        _counts.Removed(name);
        _streams.TryRemove(name, out _);
        _names.Remove(name);
        var g = s.Log.Current!;
        // The same lock order as everywhere: the directory's, then the log's.
        _tombstones[name] = new Tombstone(g.Epoch, g.Base, g.Head, g.IdBase, Now, isExplicit);
        _tombstoneOrder.Enqueue((name, Now));
        if (_tombstones.Count > MaxTombstones) ForgetTombstone();
        // With readers the log stays theirs until they have what is queued; without, it is freed now.
        if (sink is null) s.Log.End();
        else sink.OnRemoved();
        return true;
    }

    private void ForgetTombstone()
    {
        var (name, at) = _tombstoneOrder.Dequeue();
        if (!_tombstones.TryGetValue(name, out var left) || left.At != at) return;
        _tombstones.Remove(name);
        // That stream may come again with offsets from the start: they must not look like a continuation.
        _epoch = Epochs.New('m');
    }

    private void Detach(InProcessStream s, IStreamSink sink)
    {
        lock (_directory)
        {
            lock (s.Log.SyncRoot)
            {
                if (!ReferenceEquals(s.Sink, sink)) return;
                s.Sink = null;
            }
            if (s.Removed)
            {
                s.Log.End();
            }
            else if (!s.Exists)
            {
                _streams.TryRemove(new KeyValuePair<string, InProcessStream>(s.Name, s));
                s.Log.End();
            }
        }
    }

    private static StreamInfo Info(InProcessStream s)
    {
        var head = s.Log.Head;
        return new StreamInfo
        {
            Name = s.Name,
            Epoch = head.Epoch,
            Head = head.Offset,
            First = s.Log.First,
            Bytes = s.Log.Bytes,
            Options = s.Log.Options,
            Declared = s.Declared,
            CreatedAt = s.CreatedAt,
        };
    }
}
