// Compiles a Jenkinsfile with the Groovy that Jenkins has, and prints what it says as JSON: each call with its arguments and its block. No
// step of it is run. Arguments: the file, and the value of the parameter ACTION, under which `expression` is evaluated.
import groovy.json.JsonOutput

/** A block of a pipeline, which takes every call and assignment for something that is said. */
class Block {
  List said = []
  Map params

  def methodMissing(String name, Object given) {
    List args = given as List
    // What stands among the arguments was said by the way, and not by itself.
    List nested = args.flatten()
    said.removeAll { entry -> nested.any { it.is(entry) } }
    Map entry = [name: name, args: args.findAll { !(it instanceof Closure) }]
    Closure body = args.find { it instanceof Closure }
    if (body != null) {
      Block block = new Block(params: params)
      body.delegate = block
      body.resolveStrategy = Closure.DELEGATE_ONLY
      Object value = body.call()
      if (name == 'expression') entry.value = value
      else entry.body = block.said
    }
    said << entry
    return entry
  }

  /** A word by itself, such as the `any` of `agent any`. */
  def propertyMissing(String name) { name }

  def propertyMissing(String name, Object value) { said << [name: name, value: value] }
}

Block file = new Block(params: [ACTION: args[1]])
Script script = new GroovyShell().parse(new File(args[0]))
script.binding = new Binding([pipeline: { Closure body -> file.pipeline(body) }])
script.run()
println JsonOutput.toJson(file.said)
