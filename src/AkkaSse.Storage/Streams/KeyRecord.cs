using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AkkaSse.Hub;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>An idempotency key as a record: hash (8 bytes), offset (8), whether it has one (1), epoch (ASCII).</summary>
/// <param name="Hash">Of the events.</param>
/// <param name="Position">The first answer.</param>
/// <param name="HasOffset">Whether the event has an offset.</param>
internal readonly record struct KeyRecord(ulong Hash, StreamPosition Position, bool HasOffset)
{
    private const int FixedBytes = 17;

    internal static void Put(StoreBatch batch, long log, in PublishOptions options, in KeyRecord record, long until)
    {
        Span<byte> data = stackalloc byte[FixedBytes + StreamPosition.MaxEpochLength];
        BinaryPrimitives.WriteUInt64LittleEndian(data, record.Hash);
        BinaryPrimitives.WriteInt64LittleEndian(data[8..], record.Position.Offset);
        data[16] = record.HasOffset ? (byte)1 : (byte)0;
        var epoch = Encoding.ASCII.GetBytes(record.Position.Epoch, data[FixedBytes..]);
        batch.PutRecord(RecordKind.Key, KeyOf(log, options), until, data[..(FixedBytes + epoch)]);
    }

    /// <summary>False when the record is of another form.</summary>
    internal static bool TryRead(in StoredRecord stored, out long log, out PublishOptions options, out KeyRecord record)
    {
        (log, options, record) = (0, default, default);
        var parts = stored.Key.Split(' ', 3);
        if (stored.Data.Length < FixedBytes || parts.Length != 3 || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out log)
            || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var length) || length > parts[2].Length)
            return false;
        options = new PublishOptions { IdempotencyKey = parts[2][..length], Principal = parts[2][length..] };
        record = new KeyRecord(
            BinaryPrimitives.ReadUInt64LittleEndian(stored.Data),
            new StreamPosition(
                Encoding.ASCII.GetString(stored.Data.AsSpan(FixedBytes)), BinaryPrimitives.ReadInt64LittleEndian(stored.Data.AsSpan(8))),
            stored.Data[16] != 0);
        return true;
    }

    // The key's length tells where the principal begins, whatever is in it.
    private static string KeyOf(long log, in PublishOptions options) => string.Create(
        CultureInfo.InvariantCulture, $"{log} {options.IdempotencyKey!.Length} {options.IdempotencyKey}{options.Principal}");
}
