namespace OtelOrleans.Sql.Audit;

/// <summary>What is to be audited. What is null is not restricted.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="From">First offset; ranges that touch it are looked at whole.</param>
/// <param name="To">First offset behind.</param>
public readonly record struct AuditScope(string? Topic = null, int? Partition = null, long? From = null, long? To = null);
