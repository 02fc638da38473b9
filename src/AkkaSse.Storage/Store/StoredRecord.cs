namespace AkkaSse.Storage.Store;

/// <summary>What a record is; the numbers are part of the format.</summary>
internal enum RecordKind
{
    /// <summary>An idempotency key.</summary>
    Key = 1,

    /// <summary>A value of <see cref="Hub.Engine.IKeyValueEngine"/>.</summary>
    Value = 2,

    /// <summary>A refused client.</summary>
    Refusal = 3,
}

/// <summary>A record with an end.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Its key.</param>
/// <param name="Until">When it ends, in milliseconds since 1970.</param>
/// <param name="Data">What it says.</param>
internal readonly record struct StoredRecord(RecordKind Kind, string Key, long Until, byte[] Data);
