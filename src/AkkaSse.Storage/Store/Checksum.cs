using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace AkkaSse.Storage.Store;

/// <summary>CRC-32C over what a row says and where it stands: a row at another place fails it too. Part of the format.</summary>
internal struct Checksum()
{
    private uint _value = uint.MaxValue;

    /// <summary>The sum, never negative.</summary>
    internal readonly long Value => ~_value;

    internal Checksum Add(long number)
    {
        _value = BitOperations.Crc32C(_value, (ulong)number);
        return this;
    }

    internal Checksum Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            _value = BitOperations.Crc32C(_value, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var b in bytes) _value = BitOperations.Crc32C(_value, b);
        return this;
    }

    internal Checksum Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    internal static long Of(in RunHeader h, ReadOnlySpan<byte> data) =>
        new Checksum().Add(h.Log).Add(h.First).Add(h.Last).Add(h.At).Add(h.Expiry).Add(h.Bytes).Add(h.Total).Add(data).Value;
}
