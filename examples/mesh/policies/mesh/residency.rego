# Enterprise tier: no data of another region is processed here.
package mesh.residency

default allow := false

allow if object.get(input.object.attributes, "region", "eu") == "eu"
