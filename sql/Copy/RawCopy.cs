using Npgsql;

namespace OtelOrleans.Sql.Copy;

/// <summary>Binary COPY of rows that are bytes already.</summary>
internal static class RawCopy
{
    /// <summary>Copies the rows. After an exception of Postgres nothing of them is in the table, and the transaction has failed.</summary>
    /// <param name="connection">Open, and nothing else's.</param>
    /// <param name="layout">What the rows are.</param>
    /// <param name="table">Where they go.</param>
    /// <param name="rows">Whole rows, without the frame of a COPY.</param>
    public static async Task RunAsync(NpgsqlConnection connection, CopyLayout layout, string table, IEnumerable<ReadOnlyMemory<byte>> rows)
    {
        var stream = await connection.BeginRawBinaryCopyAsync($"copy {table} ({layout.ColumnList}) from stdin (format binary)");
        try
        {
            await stream.WriteAsync(CopyRows.Header);
            foreach (var bytes in rows)
                await stream.WriteAsync(bytes);
            await stream.WriteAsync(CopyRows.Trailer);
        }
        catch
        {
            await CancelAsync(stream);
            throw;
        }

        // Ends the COPY and brings the server's verdict. Were it to run after an exception, it would end it just as well: hence the cancellation above.
        await stream.DisposeAsync();
    }

    private static async Task CancelAsync(NpgsqlRawCopyStream stream)
    {
        try
        {
            await stream.CancelAsync();
        }
        // The first exception is the one that counts; a connection that cannot even cancel is broken, and its transaction with it.
        catch (Exception e) when (SqlErrors.Classify(e) != SqlErrorClass.None || e is ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
