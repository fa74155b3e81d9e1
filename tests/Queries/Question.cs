namespace OtelOrleans.Tests.Queries;

/// <summary>A question that people ask of the tables.</summary>
/// <param name="Name">In figures and plans.</param>
/// <param name="AimMs">Milliseconds that its median is to stay under on 5 M rows; null: none.</param>
/// <param name="Sql">To the read contract, with $1, $2 …</param>
/// <param name="Values">The values of $1, $2 …</param>
/// <param name="Before">The same to the predecessor's tables; null where it could not be asked.</param>
/// <param name="BeforeValues">And its values.</param>
internal sealed record Question(string Name, double? AimMs, string Sql, Func<Sample, object[]> Values, string? Before = null, Func<Sample, object[]>? BeforeValues = null);
