# SPDX-License-Identifier: MIT
"""JSON Schemas of what sgdmark writes."""


def undescribed(value, name=""):
    """Names of the fields that the schema says nothing of, outside of its conditions."""
    if isinstance(value, list):
        return [found for one in value for found in undescribed(one, name)]
    if not isinstance(value, dict):
        return []
    lacking = [f"{name}.{key}" for key, field in value.get("properties", {}).items() if not field.get("description")]
    for key, one in value.items():
        if key == "properties":
            lacking += [found for field in one for found in undescribed(one[field], field)]
        elif key not in ("if", "then", "else", "not"):
            lacking += undescribed(one, name)
    return lacking


def faults_of(schema, value):
    """How the value breaks the schema, in lines; None without python3-jsonschema."""
    try:
        import jsonschema
    except ImportError:
        return None
    jsonschema.Draft202012Validator.check_schema(schema)
    return [f"{list(e.path)}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(value)]
