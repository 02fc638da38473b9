using System.Globalization;
using SQLitePCL;

namespace AkkaSse.Storage.Store;

/// <summary>One connection to a database of SQLite. Used by one thread at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    // How long a statement waits for another process that backs the database up or looks into it.
    private const int BusyMilliseconds = 5_000;

    private readonly sqlite3 _handle;
    private readonly string _path;

    static SqliteDatabase() => Batteries_V2.Init();

    internal SqliteDatabase(string path, bool readOnly)
    {
        _path = path;
        var flags = readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE;
        // Each connection has its own lock in this class; SQLite's would be taken for every call.
        var result = raw.sqlite3_open_v2(path, out _handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK)
        {
            _handle.Dispose();
            throw StoreException.Of(result, $"The file '{path}' cannot be opened: {raw.sqlite3_errstr(result).utf8_to_string()}.");
        }
        raw.sqlite3_busy_timeout(_handle, BusyMilliseconds);
    }

    internal sqlite3 Handle => _handle;

    /// <summary>Runs statements without parameters.</summary>
    internal void Run(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>The first column of the first row as a number; null when there is no row or it is null.</summary>
    internal long? Number(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Long(0) : null;
    }

    internal string? Text(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    internal SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        return new SqliteStatement(this, statement);
    }

    internal void Check(int result)
    {
        if (result is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE) return;
        throw StoreException.Of(result, string.Create(CultureInfo.InvariantCulture,
            $"'{_path}': {raw.sqlite3_errmsg(_handle).utf8_to_string()} (SQLite {raw.sqlite3_extended_errcode(_handle)})."));
    }

    public void Dispose() => _handle.Dispose();
}

/// <summary>A prepared statement; reset after its last row, and by <see cref="Reset"/>.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt statement) : IDisposable
{
    internal SqliteStatement Bind(int place, long value)
    {
        database.Check(raw.sqlite3_bind_int64(statement, place, value));
        return this;
    }

    internal SqliteStatement Bind(int place, string value)
    {
        database.Check(raw.sqlite3_bind_text(statement, place, value));
        return this;
    }

    internal SqliteStatement Bind(int place, ReadOnlySpan<byte> value)
    {
        database.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, place, 0) : raw.sqlite3_bind_blob(statement, place, value));
        return this;
    }

    /// <summary>True: there is a row to read.</summary>
    internal bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW) return true;
        // The reset repeats the fault of the step, and lets go of the read transaction.
        raw.sqlite3_reset(statement);
        database.Check(result);
        return false;
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    internal void Execute()
    {
        while (Step())
        {
        }
    }

    /// <summary>Binds a column of this row to the same place of another statement.</summary>
    internal void CopyTo(int column, SqliteStatement other)
    {
        switch (raw.sqlite3_column_type(statement, column))
        {
            case raw.SQLITE_INTEGER:
                other.Bind(column + 1, Long(column));
                break;
            case raw.SQLITE_TEXT:
                other.Bind(column + 1, Text(column));
                break;
            default:
                other.Bind(column + 1, Blob(column));
                break;
        }
    }

    internal void Reset() => raw.sqlite3_reset(statement);

    internal bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    internal long Long(int column) => raw.sqlite3_column_int64(statement, column);

    internal string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string() ?? "";

    /// <summary>Valid until the next step or reset.</summary>
    internal ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public void Dispose() => statement.Dispose();
}

/// <summary>The store could not do what was asked of it. Of a failed commit nothing is kept, unless the outcome is unknown.</summary>
internal sealed class StoreException(string message, bool isFull, bool isDamaged, bool outcomeUnknown) : IOException(message)
{
    /// <summary>There is no room on the disk; nothing was stored.</summary>
    internal bool IsFull { get; } = isFull;

    /// <summary>Bytes on the disk are not those that were written.</summary>
    internal bool IsDamaged { get; } = isDamaged;

    /// <summary>The disk failed while it made things durable: after a crash they may be there or not.</summary>
    internal bool OutcomeUnknown { get; } = outcomeUnknown;

    internal static StoreException Of(int result, string message)
    {
        var primary = result & 0xFF;
        return new StoreException(message, primary == raw.SQLITE_FULL || result == raw.SQLITE_IOERR_SHMSIZE,
            primary is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB, result == raw.SQLITE_IOERR_FSYNC);
    }
}
