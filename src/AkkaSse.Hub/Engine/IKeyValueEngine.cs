namespace AkkaSse.Hub.Engine;

/// <summary>Small shared state: refusals, tickets, managed subscriptions. Values are at most 64 KiB.</summary>
public interface IKeyValueEngine
{
    /// <summary>Stores a value for a time. With <paramref name="expected"/> only when the present version is that (0: absent).</summary>
    /// <returns>The new version, or null when the expectation did not hold. Unavailable: it may have been stored or not.</returns>
    ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation);

    /// <summary>The value and its version, or null when absent or expired.</summary>
    ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation);

    /// <summary>
    /// Removes a value when its version is still the given one (null: whatever it is). False when it was not there or not that.
    /// Unavailable: it may be gone or not.
    /// </summary>
    ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation);
}
