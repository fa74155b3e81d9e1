namespace OtelOrleans.Sql.Indexes;

/// <summary>An optional index of a table, as it is now.</summary>
/// <param name="Name">The name by which people ask for it.</param>
/// <param name="Table">The table.</param>
/// <param name="Built">Leaves that have it.</param>
/// <param name="Leaves">Leaves of the table: more than <paramref name="Built"/> where building was interrupted.</param>
/// <param name="Bytes">On disk.</param>
public sealed record IndexState(string Name, string Table, int Built, int Leaves, long Bytes);

/// <summary>An index cannot be built here as things are; the message says what to do.</summary>
public sealed class IndexException(string message, Exception? inner = null) : Exception(message, inner);
