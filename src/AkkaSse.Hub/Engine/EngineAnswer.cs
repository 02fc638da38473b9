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

    /// <summary>The answer about what the value says.</summary>
    public EngineAnswer<TOther> Select<TOther>(Func<T, TOther> of)
    {
        ArgumentNullException.ThrowIfNull(of);
        return IsKnown ? new(of(_value)) : default;
    }
}

/// <summary>A value of <see cref="IKeyValueEngine"/> and its version.</summary>
/// <param name="Bytes">The value.</param>
/// <param name="Version">Changes with every write of the key; never 0.</param>
public readonly record struct VersionedValue(ReadOnlyMemory<byte> Bytes, long Version);
