using System.Diagnostics.CodeAnalysis;

namespace AkkaSse.Hub.Engine;

/// <summary>
/// What an engine answers to a question about the cluster: a value, or that nobody can say now. That something is absent is a value; it
/// must not be concluded from silence, because clients give up for good on what does not exist.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="value">The value.</param>
public readonly struct EngineAnswer<T>(T value)
{
    private readonly T _value = value;

    /// <summary>True when the engine knows; false is "unavailable", which the default is.</summary>
    public bool IsKnown { get; } = true;

    /// <summary>Takes the value, if the engine knows it.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return IsKnown;
    }

    /// <summary>The value, for a caller to whom silence is a fault.</summary>
    /// <exception cref="HubException">Nobody can say now.</exception>
    public T OrThrow() =>
        IsKnown ? _value : throw new HubException("The engine is away, or who knows cannot be reached; nobody can say now.");

    /// <summary>The answer about what the value says.</summary>
    public EngineAnswer<TOther> Select<TOther>(Func<T, TOther> of)
    {
        ArgumentNullException.ThrowIfNull(of);
        return IsKnown ? new(of(_value)) : default;
    }
}

/// <summary>Makes answers.</summary>
public static class EngineAnswer
{
    /// <summary>A completed call that has this value. The default of the call's type is "unavailable".</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="value">The value.</param>
    public static ValueTask<EngineAnswer<T>> Of<T>(T value) => new(new EngineAnswer<T>(value));
}

/// <summary>A value of <see cref="IKeyValueEngine"/> and its version.</summary>
/// <param name="Bytes">The value.</param>
/// <param name="Version">Changes with every write of the key; never 0.</param>
public readonly record struct VersionedValue(ReadOnlyMemory<byte> Bytes, long Version);
